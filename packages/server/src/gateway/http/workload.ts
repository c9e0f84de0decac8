import { z } from 'zod'

import { FileRefused } from '../../command/command.ts'
import { MappingRefused, NothingToSnapshot } from '../ports.ts'
import { shown } from './files.ts'
import { absent, HttpError, parse } from './http-error.ts'
import type { Http } from './http.ts'

const byId = z.object({ id: z.string().min(1).max(128) })
/** The mapping's own shape is checked where it is used; null goes back to what was recognised. */
export const mappingChange = z.strictObject({
  mapping: z.record(z.string(), z.unknown()).nullable(),
})
const moment = z.iso.datetime({ offset: true }).transform((at) => new Date(at).toISOString())
/** Strict: a misspelled condition would mean everything. */
export const whichSpans = z.strictObject({
  service: z.string().max(200).optional().describe('Its `service.name`; empty: calls without one'),
  from: moment.optional(),
  to: moment.optional(),
})
export const snapshotWish = z.strictObject({
  source: z.enum(['otlp', 'own_usage']),
  from: moment.optional(),
  to: moment.optional(),
})

/** Uploaded tables as usage of models, and files of the usage that Netra itself holds. */
export function addWorkloadRoutes({ app, parts, user }: Http): void {
  const { workload, modelSpans } = parts

  app.get('/api/files/:id/workload', async (request, reply) => {
    const { userId } = await user(request, 'files:read')
    const found = await refusing(() => workload.look(userId, parse(byId, request.params).id))
    if (!found) throw absent('file')
    return 'reading' in found ? reply.status(202).send(found) : found
  })

  app.put('/api/files/:id/workload', async (request) => {
    const { userId } = await user(request, 'files:write')
    const { id } = parse(byId, request.params)
    const { mapping } = parse(mappingChange, request.body)
    const found = await refusing(() => workload.correct(userId, id, mapping))
    if (!found) throw absent('file')
    return found
  })

  app.post('/api/workload/snapshots', async (request, reply) => {
    const { userId } = await user(request, 'files:write')
    const wish = parse(snapshotWish, request.body)
    const file = await refusing(() => workload.snapshot(userId, wish))
    return reply.status(201).send(shown(file))
  })

  app.get('/api/workload/spans', async (request) => {
    const { userId } = await user(request, 'files:read')
    return modelSpans.kept(userId)
  })

  app.delete('/api/workload/spans', async (request, reply) => {
    const { userId } = await user(request, 'files:write')
    const { service, from, to } = parse(whichSpans, request.query)
    await modelSpans.remove(userId, {
      ...(service !== undefined && { service }),
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
    })
    return reply.status(204).send()
  })
}

async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof MappingRefused || error instanceof NothingToSnapshot)
      throw new HttpError(422, 'VALIDATION_ERROR', error.message)
    if (error instanceof FileRefused) throw new HttpError(413, 'VALIDATION_ERROR', error.message)
    throw error
  }
}
