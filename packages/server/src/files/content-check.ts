import { FileRefused } from './files.ts'
import { packedFormat } from './table-kind.ts'

const KIND_BY_ENDING: Record<string, string> = {
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
  tab: 'text/tab-separated-values',
  txt: 'text/plain',
  log: 'text/plain',
  md: 'text/markdown',
  markdown: 'text/markdown',
  json: 'application/json',
  jsonl: 'application/x-ndjson',
  ndjson: 'application/x-ndjson',
  parquet: 'application/vnd.apache.parquet',
  gz: 'application/gzip',
  pdf: 'application/pdf',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
}

/** Kinds that show themselves in their first bytes. */
const SIGNATURES: readonly { type: string; matches(head: Buffer): boolean }[] = [
  {
    type: 'application/vnd.apache.parquet',
    matches: (head) => head.toString('latin1', 0, 4) === 'PAR1',
  },
  { type: 'application/gzip', matches: (head) => head.toString('latin1', 0, 2) === '\x1f\x8b' },
  { type: 'application/pdf', matches: (head) => head.indexOf('%PDF-') === 0 },
  {
    type: 'image/png',
    matches: (head) => head.subarray(0, 8).equals(Buffer.from('89504e470d0a1a0a', 'hex')),
  },
  {
    type: 'image/jpeg',
    matches: (head) => head.subarray(0, 3).equals(Buffer.from('ffd8ff', 'hex')),
  },
  { type: 'image/gif', matches: (head) => /^GIF8[79]a/.test(head.toString('latin1', 0, 6)) },
  {
    type: 'image/webp',
    matches: (head) => /^RIFF[\s\S]{4}WEBP/.test(head.toString('latin1', 0, 12)),
  },
]

/** Under another of these names it would be read in another way; an image is an image. */
const EXACT = new Set(['application/vnd.apache.parquet', 'application/gzip'])

const SIGNED = new Set(SIGNATURES.map(({ type }) => type))
const TAKEN =
  'CSV, TSV, JSON, NDJSON, Parquet (each also as .gz), text, Markdown, PDF, PNG, JPEG, WebP and GIF'
const HEAD_BYTES = 64
/** At the end of Parquet: the length of what describes it, and the name again. */
const TAIL_BYTES = 8
const PARQUET_FRAME_BYTES = 12

/**
 * Decides, while a file arrives, whether it is what it says. What it is called decides for text,
 * its first bytes decide for the rest; a text with binary content is refused as soon as it shows.
 */
export class ContentCheck {
  readonly #claimed: string
  #head = Buffer.alloc(0)
  #tail = Buffer.alloc(0)
  #utf16 = false
  #seen = 0

  constructor(name: string, mediaType: string) {
    const ending = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? ''
    const declared = mediaType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
    const known = Object.values(KIND_BY_ENDING).includes(declared) ? declared : undefined
    const claimed = KIND_BY_ENDING[ending] ?? known
    if (!claimed) {
      throw new FileRefused(
        'unsupported',
        `Netra does not take this kind of file. It takes ${TAKEN}.`,
      )
    }
    if (claimed === 'application/gzip' && !packedFormat(name)) {
      throw new FileRefused(
        'unsupported',
        'The name of a gzip file must say what is in it: .csv.gz, .tsv.gz, .json.gz, .ndjson.gz, .jsonl.gz or .parquet.gz.',
      )
    }
    this.#claimed = claimed
  }

  see(chunk: Uint8Array): void {
    if (this.#head.length < HEAD_BYTES) {
      this.#head = Buffer.concat([this.#head, chunk.subarray(0, HEAD_BYTES - this.#head.length)])
      this.#utf16 = /^(\xff\xfe|\xfe\xff)/.test(this.#head.toString('latin1', 0, 2))
    }
    this.#tail = Buffer.concat([this.#tail, chunk.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES)
    this.#seen += chunk.length
    if (!SIGNED.has(this.#claimed) && !this.#utf16 && Buffer.from(chunk).includes(0))
      this.#refuseText()
  }

  /** The media type of the whole content. */
  finish(): string {
    if (this.#seen === 0) throw new FileRefused('unsupported', 'The file is empty.')
    const found = SIGNATURES.find((signature) => signature.matches(this.#head))?.type
    if (SIGNED.has(this.#claimed)) {
      // An image under another image's name is still that image.
      const maySwap = found !== undefined && !EXACT.has(found) && !EXACT.has(this.#claimed)
      if (found && (found === this.#claimed || maySwap)) {
        if (found === 'application/vnd.apache.parquet') this.#refuseCutParquet()
        return found
      }
      throw new FileRefused(
        'unsupported',
        `The file is named as ${this.#claimed} and its content is something else. It may be damaged: open it where it came from, save it and upload it again.`,
      )
    }
    // A column may well be called PAR1, and no text holds what else is in a Parquet file.
    if (found && found !== 'application/vnd.apache.parquet') this.#refuseText()
    return this.#claimed
  }

  #refuseCutParquet(): void {
    const isWhole =
      this.#seen > PARQUET_FRAME_BYTES &&
      this.#tail.toString('latin1', 4) === 'PAR1' &&
      this.#tail.readUInt32LE(0) <= this.#seen - PARQUET_FRAME_BYTES
    if (isWhole) return
    throw new FileRefused(
      'unsupported',
      'This Parquet file is damaged, encrypted or cut: its end does not say what is in it. Export it again and upload it again.',
    )
  }

  #refuseText(): never {
    throw new FileRefused(
      'unsupported',
      `The file is named as ${this.#claimed} and its content is not text. Spreadsheets can be saved as CSV (UTF-8) and uploaded then.`,
    )
  }
}
