import type { Asked } from './ask.ts'
import type { Stage } from './stage-shape.ts'

/** What somebody has, by the names that its request needs; `marker` is in the answer to its owner. */
export type Thing = Readonly<Record<string, string>> & { readonly marker: string }

/** A route that everybody may ask, and why that shows nobody anything. */
export interface OpenRow {
  open: string
}

/** A route behind which somebody's things are. */
export interface OwnedRow {
  /** Whose things these are; `ada` when absent, or whoever the `bearer` of the thing is of. */
  owner?: 'admin' | 'service'
  /** Makes something with a marker of its own, as its owner. */
  make(stage: Stage): Promise<Thing> | Thing
  /** The owner's request. */
  ask(thing: Thing): Asked
  /** Where the owner sees the marker, if the answer itself has no body. */
  shownBy?(thing: Thing): Asked
  /** What in `thing` the request names: for an absent one these are replaced. */
  names?: readonly string[]
  /** It uses up what it names: the owner gets a thing for themselves. */
  once?: true
  /** Proof is in the request itself: what others can try without it. */
  tries?(thing: Thing, stage: Stage): Asked[]
  /** Why others who are signed in get an answer of their own instead of a refusal. */
  everybodysOwn?: string
  /** And services are answered too. */
  services?: true
  /** Which of several rows of one route. */
  case?: string
}

export type Row = OpenRow | OwnedRow

export const isOpen = (row: Row): row is OpenRow => 'open' in row

export const get = (path: string, headers?: Record<string, string>): Asked => ({
  method: 'GET',
  path,
  ...(headers && { headers }),
})

export const post = (path: string, body: unknown = {}): Asked => ({ method: 'POST', path, body })
export const put = (path: string, body: unknown): Asked => ({ method: 'PUT', path, body })
export const patch = (path: string, body: unknown): Asked => ({ method: 'PATCH', path, body })
export const remove = (path: string, body?: unknown): Asked => ({
  method: 'DELETE',
  path,
  ...(body !== undefined && { body }),
})

const JSON_ALONE = { accept: 'application/json' }
export const polled = (path: string): Asked => get(path, JSON_ALONE)
