import dns, { type LookupAddress } from 'node:dns'
import promises from 'node:dns/promises'
import { syncBuiltinESMExports } from 'node:module'

const known = new Map<string, readonly string[]>()

/**
 * A name that this process resolves to addresses of this machine, as a name server would: only who is
 * meant is made up, the connections are real.
 */
export function nameHere(name: string, addresses: readonly string[]): void {
  if (known.size === 0) teach()
  known.set(name, addresses)
}

function teach(): void {
  const { lookup } = dns
  const { lookup: lookupLater } = promises
  const listOf = (name: string): LookupAddress[] | undefined =>
    known.get(name)?.map((address) => ({ address, family: 4 }))
  type Callback = (error: null, address: string | LookupAddress[], family?: number) => void
  const patched = (name: string, ...rest: unknown[]): void => {
    const found = listOf(name)
    const callback = rest.at(-1) as Callback
    const isAll = (rest[0] as { all?: boolean }).all === true
    const [first] = found ?? []
    if (!first) Reflect.apply(lookup, dns, [name, ...rest])
    else
      process.nextTick(() =>
        isAll ? callback(null, found ?? []) : callback(null, first.address, 4),
      )
  }
  const patchedLater = async (name: string, options?: { all?: boolean }): Promise<unknown> => {
    const found = listOf(name)
    if (!found) return Reflect.apply(lookupLater, promises, [name, options])
    return options?.all === true ? found : found[0]
  }
  Object.assign(dns, { lookup: patched })
  Object.assign(promises, { lookup: patchedLater })
  syncBuiltinESMExports()
}
