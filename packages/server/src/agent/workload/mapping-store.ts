import { z } from 'zod'

import type { Rows } from '../../platform/statement.ts'
import { mapping, type Mapping } from './mapping.ts'

/** Mappings that people corrected, by file; a file without one is read as it was recognised. */
export interface MappingStore {
  find(userId: string, fileId: string): Promise<Mapping | undefined>
  save(userId: string, fileId: string, corrected: Mapping, at: string): Promise<void>
  remove(userId: string, fileId: string): Promise<void>
  list(userId: string): Promise<{ file_id: string; mapping: Mapping }[]>
}

const row = z.object({ file_id: z.string(), mapping: z.string() })
const SELECT = 'SELECT file_id, mapping FROM workload_mapping'

export function createMappingStore(rows: Rows): MappingStore {
  return {
    async find(userId, fileId) {
      const found = await rows.query({
        sql: `${SELECT} WHERE file_id = ? AND user_id = ?`,
        parameters: [fileId, userId],
      })
      return found[0] && mapping.parse(JSON.parse(row.parse(found[0]).mapping))
    },
    save: (userId, fileId, corrected, at) =>
      rows.write([
        {
          sql: `INSERT INTO workload_mapping (file_id, user_id, mapping, updated_at) VALUES (?, ?, ?, ?)
                ON CONFLICT (file_id) DO UPDATE SET mapping = excluded.mapping, updated_at = excluded.updated_at`,
          parameters: [fileId, userId, JSON.stringify(corrected), at],
        },
      ]),
    remove: (userId, fileId) =>
      rows.write([
        {
          sql: 'DELETE FROM workload_mapping WHERE file_id = ? AND user_id = ?',
          parameters: [fileId, userId],
        },
      ]),
    async list(userId) {
      const found = await rows.query({
        sql: `${SELECT} WHERE user_id = ? ORDER BY file_id`,
        parameters: [userId],
      })
      return found
        .map((each) => row.parse(each))
        .map((each) => ({
          file_id: each.file_id,
          mapping: mapping.parse(JSON.parse(each.mapping)),
        }))
    },
  }
}

/** Where nobody can correct anything. */
export const NO_MAPPINGS: MappingStore = {
  find: async () => undefined,
  save: async () => undefined,
  remove: async () => undefined,
  list: async () => [],
}
