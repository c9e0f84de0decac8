import { z } from 'zod'

const known = z.object({
  thread_id: z.string().min(1).max(128).optional(),
  file_ids: z.array(z.string().max(128)).max(32).optional(),
  model: z.string().max(256).optional(),
})

const lettersOf = (name: string): string => name.toLowerCase().replaceAll(/[^a-z]|s$/g, '')
const KNOWN = new Map(Object.keys(known.shape).map((name) => [lettersOf(name), name]))

/**
 * Where a run belongs. A client may add what it likes, which nobody reads; only what is written
 * almost as a name that counts (`fileids`, `threadId`) is refused: it would be left out in silence.
 */
export const runContext = known.loose().check(({ value, issues }) => {
  for (const name of Object.keys(value)) {
    const meant = KNOWN.get(lettersOf(name))
    if (meant === undefined || meant === name) continue
    issues.push({ code: 'custom', input: value, path: [name], message: `write ${meant}` })
  }
})
