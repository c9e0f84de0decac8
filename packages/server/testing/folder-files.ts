import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'

import type { Attachment } from '../src/agent/step.ts'
import type { Files, StoredFile } from '../src/files/files.ts'

export interface FolderFiles extends Files, AsyncDisposable {
  readonly stored: Map<string, StoredFile>
  add(
    userId: string,
    name: string,
    mediaType: string,
    content: string | Buffer,
  ): Promise<Attachment>
}

/** Files on disk without records: what the loop needs of the store, so that its tests need no journal. */
export async function folderFiles(): Promise<FolderFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'netra-agent-'))
  const stored = new Map<string, StoredFile>()
  const files: FolderFiles = {
    stored,
    async store(upload) {
      const bytes = await buffer(upload.content)
      const fileId = randomUUID()
      await writeFile(join(folder, fileId), bytes)
      const file: StoredFile = {
        fileId,
        userId: upload.userId,
        name: upload.name,
        mediaType: upload.mediaType,
        origin: upload.origin,
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
    async add(userId, name, mediaType, content) {
      const stream = Readable.from([Buffer.from(content)])
      const file = await files.store({ userId, name, mediaType, origin: 'upload', content: stream })
      return { fileId: file.fileId, name, mediaType, bytes: file.bytes }
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
  return files
}
