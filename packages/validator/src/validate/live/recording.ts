import type { Exchange } from '../check.ts'
import type { CheckContext } from '../context.ts'

/**
 * Something that several checks look at, each at one side of it: made by the first of them, once a
 * run, and evidence for all. A failure is the failure of each that asks; it is tried anew.
 */
export function recording<Recorded>(
  make: (context: CheckContext) => Promise<Recorded>,
): (context: CheckContext) => Promise<Recorded> {
  const made = new WeakMap<object, Promise<{ recorded: Recorded; evidence: Exchange[] }>>()
  return async (context) => {
    const known = made.get(context.accounts)
    if (known) {
      const { recorded, evidence } = await known
      for (const exchange of evidence) context.note(exchange)
      return recorded
    }
    const evidence: Exchange[] = []
    const note = (exchange: Exchange): void => {
      evidence.push(exchange)
      context.note(exchange)
    }
    const making = make({ ...context, note }).then((recorded) => ({ recorded, evidence }))
    made.set(context.accounts, making)
    making.catch(() => made.delete(context.accounts))
    return (await making).recorded
  }
}
