import { isIP } from 'node:net'

export const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '')

export const isAddress = (hostname: string): boolean => isIP(bare(hostname)) !== 0

/** Whether only this machine itself can mean it. */
export const isLoopback = (hostname: string): boolean =>
  /^(?:localhost|.+\.localhost|127\.\d+\.\d+\.\d+|::1)$/.test(bare(hostname).toLowerCase())
