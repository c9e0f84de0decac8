import { WorkloadApi } from '@netra/client'
import { useCallback, useRef, useState } from 'react'

import { problemText, type Api, type StoredFile } from '../live/api.ts'
import { formatBytes } from '../timeline/format.ts'

export interface Attaching {
  key: string
  name: string
  bytes: number
  /** 0 to 1 while it is sent. */
  progress: number
  file: StoredFile | null
  problem: string | null
}

type SnapshotSource = Parameters<WorkloadApi['snapshot']>[0]

const SNAPSHOT_NAMES: Record<SnapshotSource, string> = {
  otlp: 'Calls of your applications',
  own_usage: 'Your own usage of Netra',
}

export interface Attachments {
  list: readonly Attaching[]
  isBusy: boolean
  /** One could not be sent: it is removed or tried again before the message goes out. */
  hasFailed: boolean
  add: (files: Iterable<File>) => void
  addSample: () => void
  /** A file of what Netra holds of the person at this moment. */
  addSnapshot: (source: SnapshotSource) => void
  remove(key: string): void
  /** Puts back, or empties. */
  set(files: readonly StoredFile[]): void
  ready(): StoredFile[]
}

const stored = (file: StoredFile): Attaching => ({
  key: file.file_id,
  name: file.name,
  bytes: file.bytes,
  progress: 1,
  file,
  problem: null,
})

/** Files on their way to the next message; each is sent as soon as it is chosen. */
export function useAttachments(
  api: Api,
  options: {
    maxBytes: number
    initial: readonly StoredFile[]
    onReady: (files: StoredFile[]) => void
  },
): Attachments {
  const { maxBytes, initial, onReady } = options
  const [list, setList] = useState<readonly Attaching[]>(() => initial.map(stored))
  const current = useRef(list)
  const uploads = useRef(new Map<string, AbortController>())
  const change = useCallback(
    (next: (list: readonly Attaching[]) => readonly Attaching[]) => {
      current.current = next(current.current)
      setList(current.current)
      onReady(current.current.flatMap((item) => item.file ?? []))
    },
    [onReady],
  )
  const patch = useCallback(
    (key: string, part: Partial<Attaching>) =>
      change((items) => items.map((item) => (item.key === key ? { ...item, ...part } : item))),
    [change],
  )
  const start = useCallback(
    (item: Attaching, work: (signal: AbortSignal) => Promise<StoredFile>) => {
      const controller = new AbortController()
      uploads.current.set(item.key, controller)
      change((items) => [...items, item])
      work(controller.signal)
        .then(
          (file) => patch(item.key, { file, name: file.name, bytes: file.bytes, progress: 1 }),
          (error: unknown) => {
            if (!controller.signal.aborted) patch(item.key, { problem: problemText(error) })
          },
        )
        .finally(() => uploads.current.delete(item.key))
    },
    [change, patch],
  )
  const add = useCallback(
    (files: Iterable<File>) => {
      for (const file of files) {
        const key = crypto.randomUUID()
        const item = {
          key,
          name: file.name,
          bytes: file.size,
          progress: 0,
          file: null,
          problem: null,
        }
        if (file.size > maxBytes) {
          const problem = `Larger than the limit of ${formatBytes(maxBytes)}.`
          change((items) => [...items, { ...item, problem }])
          continue
        }
        start(item, (signal) =>
          api.uploadFile(file, {
            name: file.name,
            signal,
            onProgress: ({ sent, total }) => patch(key, { progress: total > 0 ? sent / total : 0 }),
          }),
        )
      }
    },
    [api, change, maxBytes, patch, start],
  )
  return {
    list,
    isBusy: list.some((item) => item.file === null && item.problem === null),
    hasFailed: list.some((item) => item.problem !== null),
    add,
    addSample: () => {
      const key = crypto.randomUUID()
      const name = 'Sample workload (synthetic)'
      start({ key, name, bytes: 0, progress: 0, file: null, problem: null }, () => api.useSample())
    },
    addSnapshot: (source) => {
      const key = crypto.randomUUID()
      const name = SNAPSHOT_NAMES[source]
      start({ key, name, bytes: 0, progress: 0, file: null, problem: null }, () =>
        new WorkloadApi(api.requests).snapshot(source),
      )
    },
    remove: (key) => {
      uploads.current.get(key)?.abort()
      change((items) => items.filter((item) => item.key !== key))
    },
    set: (files) => change(() => files.map(stored)),
    ready: () => current.current.flatMap((item) => item.file ?? []),
  }
}
