import { z } from 'zod'

export type Who = 'anybody' | 'person' | 'admin' | 'service' | 'machine' | readonly string[]

/** What a route takes and answers when it succeeds; every refusal has the one shape of errors. */
export interface Route {
  summary: string
  /** A list are the scopes that an API key needs; a person has them all. */
  who: Who
  query?: z.ZodType
  body?: z.ZodType | MediaBody
  /** Request headers with a meaning of their own. */
  headers?: Record<string, string>
  answers: Record<number, z.ZodType | MediaBody | null>
}

/** What is no JSON. */
export interface MediaBody {
  media: string
  says: string
  fields?: z.ZodType
}

export const media = (type: string, says: string, fields?: z.ZodType): MediaBody => ({
  media: type,
  says,
  ...(fields && { fields }),
})

export const isMedia = (body: z.ZodType | MediaBody): body is MediaBody => 'media' in body

export interface Area {
  name: string
  about: string
  /** `METHOD /path` → what it is. */
  routes: Record<string, Route>
}

export const status = <Text extends string>(text: Text) => z.object({ status: z.literal(text) })
export const time = z.iso.datetime()
