import type { Readable } from 'node:stream'

export { tableKindOf, type TableKind } from './table-kind.ts'

export interface StoredFile {
  fileId: string
  userId: string
  name: string
  mediaType: string
  bytes: number
  sha256: string
  createdAt: string
  /** `snapshot`: made by Netra of what it holds of the person, at one moment. */
  origin: 'upload' | 'sample' | 'result' | 'snapshot' | 'report'
}

/** Uploads and large results: stored once below the data folder, visible to their owner alone. */
export interface Files {
  /**
   * Streams to disk; nothing of a refused or broken upload stays.
   * @throws FileRefused over 200 MB, over the user's quota, or of a kind Netra does not take.
   */
  store(upload: {
    userId: string
    name: string
    mediaType: string
    origin: StoredFile['origin']
    content: Readable
  }): Promise<StoredFile>
  /** Undefined for another user's file as for one that does not exist. */
  find(userId: string, fileId: string): Promise<StoredFile | undefined>
  list(userId: string): Promise<StoredFile[]>
  /**
   * Where the content of a file that `find` gave lies. What is made of it and can be made again may
   * lie beside it as `<path>.<something>`: it is removed with the file.
   */
  pathOf(file: StoredFile): string
  /** Removes content and record; false when the user has no such file. */
  remove(userId: string, fileId: string): Promise<boolean>
  /** Removes what is left of files whose records were deleted, in a commit of the caller's. */
  removeContent(fileIds: readonly string[]): Promise<void>
}

export class FileRefused extends Error {
  override readonly name = 'FileRefused'
  readonly code: 'too_large' | 'quota' | 'unsupported' | 'incomplete'
  constructor(code: FileRefused['code'], message: string) {
    super(message)
    this.code = code
  }
}
