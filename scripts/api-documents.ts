import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import { openApi } from './openapi/document.ts'
import { asyncApi } from './openapi/socket-document.ts'

const FOLDER = fileURLToPath(new URL('../docs/public/', import.meta.url))

/** The documents of HTTP and of the socket, made from the schemas: file name → text. */
export async function apiDocuments(): Promise<Record<string, string>> {
  const manifest = await readFile(new URL('../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(manifest) as { version: string }
  return { 'openapi.json': indented(openApi(version)), 'asyncapi.json': indented(asyncApi()) }
}

const indented = (document: unknown): string => `${JSON.stringify(document, null, 2)}\n`

export async function writeApiDocuments(): Promise<void> {
  await mkdir(FOLDER, { recursive: true })
  for (const [name, text] of Object.entries(await apiDocuments())) {
    await writeFile(`${FOLDER}${name}`, text)
  }
}
