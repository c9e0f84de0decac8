import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'

import { z } from 'zod'

import { FileRefused, type StoredFile } from '../../command/command.ts'
import { absent, HttpError, parse } from './http-error.ts'
import type { Http } from './http.ts'

/** Large results are shown where their calls are; of a report the file that people read. */
const isShown = ({ origin, mediaType }: StoredFile): boolean =>
  origin !== 'result' && !(origin === 'report' && mediaType === 'application/json')

const byId = z.object({ id: z.string().min(1).max(128) })
const STATUS = { too_large: 413, quota: 413, unsupported: 415, incomplete: 422 } as const

export function addFileRoutes({ app, parts, user, mayTakeLong }: Http): void {
  const { files } = parts

  const store = async (
    userId: string,
    upload: { name: string; mediaType: string; content: Readable; origin: 'upload' | 'sample' },
  ) => {
    const closed = parts.mode.writing()
    if (closed) {
      throw new HttpError(503, 'SERVICE_UNAVAILABLE', closed.why, {
        retryAfterMs: closed.afterMs,
        isToldElsewhere: true,
      })
    }
    try {
      return shown(await files.store({ userId, ...upload }))
    } catch (error) {
      if (!(error instanceof FileRefused)) throw error
      throw new HttpError(STATUS[error.code], 'VALIDATION_ERROR', error.message)
    }
  }

  app.post('/api/files', async (request, reply) => {
    const { userId } = await user(request, 'files:write')
    mayTakeLong(request, userId)
    if (!request.isMultipart()) {
      throw new HttpError(
        415,
        'VALIDATION_ERROR',
        'Send the file as multipart/form-data in the field "file".',
      )
    }
    const part = await request.file().catch(badForm)
    if (!part)
      throw new HttpError(
        422,
        'VALIDATION_ERROR',
        'There is no file in the form: put it into the field "file".',
      )
    const upload = { name: part.filename, mediaType: part.mimetype, content: part.file }
    try {
      return await reply.status(201).send(await store(userId, { ...upload, origin: 'upload' }))
    } catch (error) {
      // What still comes is read and thrown away: the next request uses the same connection.
      request.raw.unpipe()
      request.raw.resume()
      throw error
    }
  })

  app.post('/api/files/sample', async (request, reply) => {
    const { userId } = await user(request, 'files:write')
    const sample = parts.sample()
    const answer = await store(userId, { ...sample, content: sample.open(), origin: 'sample' })
    return reply.status(201).send(answer)
  })

  app.get('/api/files', async (request) => {
    const { userId } = await user(request, 'files:read')
    const mine = await files.list(userId)
    return { files: mine.filter(isShown).map(shown) }
  })

  app.get('/api/files/:id/content', async (request, reply) => {
    const { userId } = await user(request, 'files:read')
    const file = await files.find(userId, parse(byId, request.params).id)
    if (!file) throw absent('file')
    // Never as a page of ours: what a user uploaded must not run in anybody's browser.
    return reply
      .header('content-type', file.mediaType)
      .header('content-length', file.bytes)
      .header('content-security-policy', "default-src 'none'; sandbox")
      .header(
        'content-disposition',
        `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`,
      )
      .send(createReadStream(files.pathOf(file)))
  })

  app.delete('/api/files/:id', async (request, reply) => {
    const { userId } = await user(request, 'files:write')
    const { id } = parse(byId, request.params)
    if (!(await files.remove(userId, id))) throw absent('file')
    await parts.workload.forget(userId, id)
    return reply.status(204).send()
  })
}

/** The parser's complaints about a form carry no status; anything else passes through. */
function badForm(error: unknown): never {
  if (!(error instanceof Error) || 'statusCode' in error || 'code' in error) throw error
  throw new HttpError(422, 'VALIDATION_ERROR', `The form cannot be read: ${error.message}.`)
}

/** A file as its owner sees it. */
export const shown = (file: StoredFile) => ({
  file_id: file.fileId,
  name: file.name,
  bytes: file.bytes,
  media_type: file.mediaType,
  origin: file.origin,
  created_at: file.createdAt,
})
