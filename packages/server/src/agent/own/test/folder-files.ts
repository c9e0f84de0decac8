import { createHash, randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'

import type { Files, StoredFile } from '../../../files/files.ts'

/** Files in a folder, without records: they end with the test. */
export function filesIn(folder: string): Files {
  const stored = new Map<string, StoredFile>()
  return {
    async store({ content, userId, name, mediaType, origin }) {
      const bytes = await buffer(content)
      const fileId = randomUUID()
      await mkdir(folder, { recursive: true })
      await writeFile(join(folder, fileId), bytes)
      const file: StoredFile = {
        fileId,
        userId,
        name,
        mediaType,
        origin,
        bytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        createdAt: new Date().toISOString(),
      }
      stored.set(fileId, file)
      return file
    },
    find: async (userId, fileId) => {
      const file = stored.get(fileId)
      return file?.userId === userId ? file : undefined
    },
    list: async (userId) => [...stored.values()].filter((file) => file.userId === userId),
    pathOf: (file) => join(folder, file.fileId),
    remove: async (_userId, fileId) => stored.delete(fileId),
    async removeContent(fileIds) {
      for (const fileId of fileIds) stored.delete(fileId)
    },
  }
}
