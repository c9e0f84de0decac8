import { WorkloadApi } from '@netra/client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'

import { problemText } from '../../live/api.ts'
import { useLive } from '../../live/use-live.ts'
import { Button, IconButton, Spinner } from '../button.tsx'
import { Dialog } from '../dialog.tsx'
import { CloseIcon } from '../icons.tsx'
import { Problem } from '../notice.tsx'
import { MappingForm } from './mapping-form.tsx'

interface FileReadingProps {
  file: { file_id: string; name: string }
  onClose: () => void
}

const ASK_AGAIN_MS = 1_000

/** “How this file is read”: as usage of language models, with what was recognised and what was not. */
export function FileReading({ file, onClose }: FileReadingProps) {
  const { api } = useLive()
  const workload = useMemo(() => new WorkloadApi(api.requests), [api])
  const client = useQueryClient()
  const key = ['workload', file.file_id]
  const query = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => workload.reading(file.file_id, signal),
    refetchInterval: ({ state }) => (state.data && 'reading' in state.data ? ASK_AGAIN_MS : false),
    staleTime: 0,
  })
  const { data } = query
  return (
    <Dialog label="How this file is read" shape="broad" onClose={onClose}>
      <div className="flex max-h-[inherit] flex-col">
        <header className="flex items-start gap-3 border-b border-line px-5 pt-4 pb-3">
          <div className="min-w-0 flex-1">
            <h2 className="text-lg font-semibold">How this file is read</h2>
            <p className="truncate text-sm text-muted" title={file.name}>
              {file.name}
            </p>
          </div>
          <IconButton small label="Close" onClick={onClose}>
            <CloseIcon size={16} />
          </IconButton>
        </header>
        {query.error ? (
          <div className="p-5">
            <Problem
              action={
                <Button small onClick={() => void query.refetch()}>
                  Try again
                </Button>
              }
            >
              {problemText(query.error)}
            </Problem>
          </div>
        ) : data && !('reading' in data) ? (
          <MappingForm
            key={`${data.file_id} ${JSON.stringify(data.mapping)}`}
            reading={data}
            onClose={onClose}
            onSave={async (mapping) => {
              client.setQueryData(key, await workload.correct(file.file_id, mapping))
            }}
          />
        ) : (
          <UnderWay done={data ? data.reading : 0} />
        )}
      </div>
    </Dialog>
  )
}

function UnderWay({ done }: { done: number }) {
  return (
    <div className="space-y-3 px-5 py-8" role="status">
      <p className="flex items-center gap-2 text-sm text-soft">
        <Spinner /> Reading the file{done > 0 ? `: ${Math.floor(done * 100)} %` : '…'}
      </p>
      {done > 0 ? (
        <progress className="upload block h-0.5 w-full" max={1} value={done} aria-label="Read" />
      ) : null}
    </div>
  )
}
