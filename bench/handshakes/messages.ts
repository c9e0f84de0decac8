/** `netra`: an upgrade, `hello` with a token, the welcome. `bare`: an upgrade by `ws` and no more. */
export type Variant = 'netra' | 'bare' | 'checked'

export type ServerRequest =
  | { kind: 'prepare'; accounts: number }
  /** Everybody has left and garbage is gone; counts from here. */
  | { kind: 'ready'; variant: Variant }
  | { kind: 'cost' }

export interface Cost {
  /** Processor seconds of the server, all threads. */
  processor: number
  /** Of these its event loop. */
  loop: number
}

export type CrowdRequest =
  | { kind: 'prepare'; tokens: string[] }
  | { kind: 'come'; variant: Variant; port: number; count: number }
