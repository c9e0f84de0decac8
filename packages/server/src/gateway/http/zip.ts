import { Zip, ZipDeflate, ZipPassThrough } from 'fflate'

/** The form of archive written here counts in 16 and 32 bits. */
export const MAX_ZIP_ENTRIES = 65_000
const MAX_ZIP_BYTES = 4_290_000_000

export interface ZipEntry {
  name: string
  modified: Date
  /** Text is worth compressing; what people upload is stored as it is, which costs no time. */
  compress: boolean
  content: AsyncIterable<Uint8Array>
}

/**
 * An archive as it grows: an entry is read when whoever takes the archive has room, so that memory
 * holds a few pieces however large it becomes.
 *
 * @throws when the archive would be larger than its form allows.
 */
export async function* zipped(entries: AsyncIterable<ZipEntry>): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = []
  let problem: Error | undefined
  let bytes = 0
  const zip = new Zip((error, piece) => {
    if (error) problem = error
    else ready.push(piece)
  })
  const take = (): Uint8Array[] => {
    if (problem) throw problem
    const pieces = ready
    ready = []
    for (const piece of pieces) bytes += piece.length
    if (bytes > MAX_ZIP_BYTES) throw new Error('the archive is larger than 4 GB')
    return pieces
  }
  for await (const { name, modified, compress, content } of entries) {
    const file = compress ? new ZipDeflate(name, { level: 6 }) : new ZipPassThrough(name)
    file.mtime = modified
    zip.add(file)
    for await (const piece of content) {
      file.push(piece)
      yield* take()
    }
    file.push(new Uint8Array(0), true)
    yield* take()
  }
  zip.end()
  yield* take()
}
