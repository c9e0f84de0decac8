import { BlockList, isIPv4, isIPv6 } from 'node:net'

/** Nothing that anybody serves to the internet lies here (RFC 6890 and what came after). */
const NOT_PUBLIC_4: readonly [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]

/** Of the one range that is given out (2000::/3): documentation, and what carries an IPv4 address. */
const NOT_PUBLIC_6: readonly [string, number][] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]

/**
 * Refused also where private addresses are allowed: where clouds hand their machines credentials,
 * link-local and multicast, and forms that hide an IPv4 address in an IPv6 one.
 */
const NEVER_4: readonly [string, number][] = [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['100.100.100.200', 32],
  ['192.0.0.192', 32],
  ['168.63.129.16', 32],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]
const NEVER_6: readonly [string, number][] = [
  // Also what once was IPv4 in it (`::7f00:1`); `::1` alone is none.
  ['::', 96],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
  ['fd00:ec2::', 32],
  ['fd20:ce::', 32],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['::ffff:0:0:0', 96],
  ['2001::', 32],
  ['2002::', 16],
]

function listOf(of4: readonly [string, number][], of6: readonly [string, number][]): BlockList {
  const list = new BlockList()
  for (const [net, prefix] of of4) list.addSubnet(net, prefix, 'ipv4')
  for (const [net, prefix] of of6) list.addSubnet(net, prefix, 'ipv6')
  return list
}

const notPublic = listOf(NOT_PUBLIC_4, NOT_PUBLIC_6)
const given = listOf([], [['2000::', 3]])
const never = listOf(NEVER_4, NEVER_6)
const loopback = listOf([['127.0.0.0', 8]], [['::1', 128]])

const MAPPED = /^::ffff:/i

/** Whether `address` may be connected to. Of an IPv4 address in IPv6 clothes nothing is. */
export function mayConnectTo(
  address: string,
  { allowPrivate }: { allowPrivate: boolean },
): boolean {
  if (isIPv4(address)) {
    if (never.check(address, 'ipv4')) return false
    return allowPrivate || !notPublic.check(address, 'ipv4')
  }
  if (!isIPv6(address)) return false
  const [plain = ''] = address.split('%')
  if (MAPPED.test(new URL(`http://[${plain}]`).hostname.slice(1))) return false
  if (never.check(plain, 'ipv6') && !loopback.check(plain, 'ipv6')) return false
  if (allowPrivate) return true
  return given.check(plain, 'ipv6') && !notPublic.check(plain, 'ipv6')
}

/** Of this machine alone. */
export const isLoopbackAddress = (address: string): boolean =>
  isIPv4(address)
    ? loopback.check(address, 'ipv4')
    : isIPv6(address) && loopback.check(address, 'ipv6')
