import { createReadStream, createWriteStream } from 'node:fs'
import { open, readFile, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import type { LoadAnswer } from './messages.ts'
import { NameCount } from './name-count.ts'
import { Refusal } from './refusal.ts'

/** DuckDB takes no larger record, and none that is nested more deeply is a row of anything. */
export const MOST_RECORD_BYTES = 16_777_216
const MOST_DEPTH = 64
/** A document that is read as a whole takes several times its size in memory. */
const MOST_DOCUMENT_BYTES = 64_000_000

/** Where APIs and exports put their rows, when the document is one object. */
const LISTS = 'data results rows items records events traces observations usage'.split(' ')

type Rejected = LoadAnswer['rejected']

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** How the first sign of the file says it is written. */
export async function shapeOf(path: string): Promise<'list' | 'object' | 'lines' | 'none'> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(65_536), 0, 65_536, 0)
    const text = buffer
      .toString('utf8', 0, bytesRead)
      .replace(/^\uFEFF/, '')
      .trimStart()
    if (text.startsWith('[')) return 'list'
    if (!text.startsWith('{')) return 'none'
    const [first = '', second] = text.split(/\r?\n\s*/, 2)
    return second !== undefined && second !== '' && isJson(first) ? 'lines' : 'object'
  } finally {
    await file.close()
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** @throws Refusal when brackets stand in each other more deeply than any export's do, or names are too many. */
export async function checkShape(path: string, shape: 'lines' | 'list' | 'other'): Promise<void> {
  const isLines = shape === 'lines'
  const names = new NameCount(shape)
  let depth = 0
  let inText = false
  let escaped = false
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    const bytes = chunk as Buffer
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0
      if (inText && byte !== 0x0a) {
        if (escaped) escaped = false
        else if (byte === 0x5c) escaped = true
        else if (byte === 0x22) inText = false
        names.letter(byte)
        continue
      }
      names.between(byte, depth)
      if (byte === 0x22) inText = true
      else if (byte === 0x7b || byte === 0x5b) {
        depth += 1
        if (depth > MOST_DEPTH) {
          throw new Refusal(
            `This JSON is nested more than ${MOST_DEPTH} levels deep, which no table is. Export the rows alone.`,
          )
        }
      } else if (byte === 0x7d || byte === 0x5d) depth -= 1
      else if (byte === 0x0a) {
        // No text of JSON holds a line's end, so that a broken line does not break the next.
        inText = false
        escaped = false
        if (isLines) depth = 0
      }
    }
  }
}

/** Writes the records of a document that is read as a whole to `target`, one a line. */
export async function writeRecords(source: string, target: string): Promise<Rejected> {
  const { size } = await stat(source)
  if (size > MOST_DOCUMENT_BYTES) {
    throw new Refusal(
      `This JSON is one document of more than ${MOST_DOCUMENT_BYTES / 1_000_000} MB, which cannot be read in pieces. Save it as NDJSON (one object a line) or as a list of objects, and upload that.`,
    )
  }
  const document = parsed((await readFile(source, 'utf8')).replace(/^\uFEFF/, ''))
  const records = recordsOf(document)
  const others = records.filter((record) => !isObject(record)).length
  if (others === records.length) {
    throw new Refusal(
      'This JSON holds no objects: a table is a list of objects, an object with such a list under "data", or one object a line.',
    )
  }
  await pipeline(
    Readable.from(records.filter(isObject).map((record) => `${JSON.stringify(record)}\n`)),
    createWriteStream(target),
  )
  if (others === 0) return { count: 0, reasons: [] }
  return {
    count: others,
    reasons: [`${others} left out: elements of the list that are no objects`],
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Refusal(
      `This file is not valid JSON: ${error instanceof Error ? error.message.slice(0, 200) : String(error)}. It may have been cut; export it again and upload it again.`,
    )
  }
}

function recordsOf(document: unknown): readonly unknown[] {
  if (Array.isArray(document)) return document
  if (!isObject(document)) return []
  const list = LISTS.map((name) => document[name]).find(
    (value) => Array.isArray(value) && value.some(isObject),
  )
  return Array.isArray(list) ? list : [document]
}

/** Writes the lines that hold an object to `target`; the others are counted, with the first few. */
export async function writeGoodLines(source: string, target: string): Promise<Rejected> {
  const kinds = new Map<string, { count: number; first: number }>()
  const reject = (kind: string, line: number): void => {
    const known = kinds.get(kind)
    if (known) known.count += 1
    else kinds.set(kind, { count: 1, first: line })
  }
  const good = async function* (): AsyncGenerator<string> {
    let number = 0
    for await (const line of linesOf(source)) {
      number += 1
      if (line === undefined) reject(`longer than ${MOST_RECORD_BYTES / 1_048_576} MB`, number)
      else if (line.trim() !== '') {
        const problem = problemOf(line)
        if (problem === undefined) yield `${line}\n`
        else reject(problem, number)
      }
    }
  }
  await pipeline(Readable.from(good()), createWriteStream(target))
  const counted = [...kinds].toSorted(([, a], [, b]) => b.count - a.count)
  return {
    count: counted.reduce((sum, [, { count }]) => sum + count, 0),
    reasons: counted
      .slice(0, 5)
      .map(([kind, { count, first }]) => `${count} left out, ${kind}: first on line ${first}`),
  }
}

function problemOf(line: string): string | undefined {
  try {
    return isObject(JSON.parse(line)) ? undefined : 'no object'
  } catch {
    return 'no JSON'
  }
}

/** Lines of a file, without their ends; undefined for one that is too long. */
async function* linesOf(path: string): AsyncGenerator<string | undefined> {
  let parts: Buffer[] = []
  let bytes = 0
  const take = (): string | undefined => {
    const line = bytes > MOST_RECORD_BYTES ? undefined : Buffer.concat(parts).toString('utf8')
    parts = []
    bytes = 0
    return line
  }
  for await (const read of createReadStream(path, { highWaterMark: 1 << 20 })) {
    const chunk = read as Buffer
    let start = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      parts.push(chunk.subarray(start, end))
      bytes += end - start
      yield take()
      start = end + 1
    }
    const rest = chunk.subarray(start)
    bytes += rest.length
    if (bytes <= MOST_RECORD_BYTES) parts.push(rest)
  }
  if (bytes > 0) yield take()
}
