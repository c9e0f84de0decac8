import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { z } from 'zod'

import type { StoredFile } from '../src/files/files.ts'
import { openDataStage } from './data-stage.ts'

export interface WorkloadStage extends AsyncDisposable {
  store(name: string, content: string | Buffer): Promise<StoredFile>
  /** What a tool answers about files. */
  call<T>(tool: string, files: StoredFile | readonly StoredFile[], input?: object): Promise<T>
}

/** The workload tools over real files and real DuckDB children. */
export async function openWorkloadStage(): Promise<WorkloadStage> {
  const stage = await openDataStage()
  return {
    store: (name, content) => stage.store(name, content),
    async call<T>(name: string, about: StoredFile | readonly StoredFile[], input: object = {}) {
      const files = Array.isArray(about) ? (about as readonly StoredFile[]) : [about as StoredFile]
      const tool = stage.tools.find((candidate) => candidate.name === name)
      if (!tool) throw new Error(`There is no tool ${name}.`)
      const ids = name === 'rank_options' ? {} : { file_ids: files.map(({ fileId }) => fileId) }
      const result = await tool.run(tool.input.parse({ ...ids, ...input }), stage.contextOf(files))
      return z.custom<T>().parse(JSON.parse(JSON.stringify(result)))
    },
    [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose](),
  }
}

/** A file of real requests: from NETRA_REAL_DATA or beside this repository; undefined when absent. */
export function realData(folder: string, name: string): string | undefined {
  const beside = new URL('../../../../shared/data', import.meta.url).pathname
  const folders = [process.env['NETRA_REAL_DATA'] ?? '.', join(beside, folder), beside]
  const path = folders
    .flatMap((at) => [join(at, name), join(at, folder, name)])
    .find((at) => existsSync(at))
  if (path !== undefined) return readFileSync(path, 'utf8')
  process.stdout.write(`${name} is absent: name its folder in NETRA_REAL_DATA\n`)
  return undefined
}
