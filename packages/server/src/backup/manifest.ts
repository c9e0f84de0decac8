import { z } from 'zod'

/** The last file of a backup: a backup without it is not whole. */
export const MANIFEST = 'MANIFEST.json'
export const ABOUT = 'ABOUT.txt'

export const manifestSchema = z.object({
  format: z.literal(1),
  /** The moment that the journal is of; what came later is not in it. */
  made_at: z.iso.datetime(),
  netra_version: z.string(),
  journal: z.enum(['sqlite', 'postgres', 'none']),
  accounts: z.boolean(),
  files: z.object({
    stored: z.number().int(),
    /** Named by the journal, but removed while the backup was made. */
    gone: z.array(z.string()),
  }),
  contents: z.array(z.object({ path: z.string(), bytes: z.number().int(), sha256: z.string() })),
})

export type Manifest = z.output<typeof manifestSchema>

/** What may lie in a backup: nothing else is ever written into a data folder. */
export const isBackupPath = (path: string): boolean =>
  /^(journal\.db|auth\.db|postgres\.dump|(keys|files)\/[A-Za-z0-9][\w.-]*)$/.test(path)

export const aboutText = (
  madeAt: string,
  version: string,
): string => `A backup of Netra ${version}, made ${madeAt}.

It holds every conversation and uploaded file, the accounts with the hashes of their passwords, the
secrets of second factors and of model providers, and the keys that sign sessions and open those
secrets. Whoever has this file has all of that: keep it as you keep the server itself.

    netra restore <this file> --into <an empty folder>

MANIFEST.json, the last file, has the sums of the others.
`
