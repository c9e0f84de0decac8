import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { Button } from '../../components/button.tsx'
import { INPUT } from '../../components/field.tsx'
import { Problem } from '../../components/notice.tsx'
import { problemText, type ModelConnections } from '../../live/api.ts'
import { useLive } from '../../live/use-live.ts'
import { AddConnection, ConnectionCard } from './connection-card.tsx'
import { Section } from './section.tsx'

export function ModelSettings() {
  const { me } = useLive()
  return me.role === 'admin' ? <Administered /> : <Connected />
}

/** What everybody may know: which models answer here. */
function Connected() {
  const { api } = useLive()
  const models = useQuery({ queryKey: ['models'], queryFn: ({ signal }) => api.models(signal) })
  return (
    <Section
      title="Models"
      text="An administrator connects models; you choose one in the composer."
    >
      {models.error ? <Problem>{problemText(models.error)}</Problem> : null}
      <ul className="divide-y divide-line">
        {(models.data?.models ?? []).map((model) => (
          <li key={model.id} className="flex items-baseline gap-3 py-2.5">
            <span className="min-w-0 flex-1 wrap-anywhere">{model.label}</span>
            {model.id === models.data?.default ? (
              <span className="text-sm text-muted">default</span>
            ) : null}
          </li>
        ))}
      </ul>
    </Section>
  )
}

function Administered() {
  const { api } = useLive()
  const client = useQueryClient()
  const query = useQuery({
    queryKey: ['connections'],
    queryFn: ({ signal }) => api.admin.connections(signal),
  })
  const onChanged = async () => {
    await Promise.all(
      ['connections', 'models', 'agents'].map((key) =>
        client.invalidateQueries({ queryKey: [key] }),
      ),
    )
  }
  if (query.error) {
    return (
      <div className="pt-8">
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
    )
  }
  if (!query.data) return <p className="pt-8 text-muted">Loading</p>
  const { connections } = query.data
  return (
    <>
      <DefaultModel data={query.data} onChanged={onChanged} />
      <Section
        title="Connections"
        text="Keys are stored encrypted on this machine. What the environment sets wins and is changed there."
      >
        {connections.length === 0 ? (
          <p className="text-muted">None yet: the built-in model answers until one is connected.</p>
        ) : null}
        <ul className="space-y-3">
          {connections.map((connection) => (
            <ConnectionCard
              key={connection.provider}
              connection={connection}
              onChanged={onChanged}
            />
          ))}
        </ul>
      </Section>
      <AddConnection
        connected={connections.map((connection) => connection.provider)}
        onChanged={onChanged}
      />
    </>
  )
}

interface DefaultModelProps {
  data: ModelConnections
  onChanged: () => Promise<void>
}

function DefaultModel({ data, onChanged }: DefaultModelProps) {
  const { api } = useLive()
  const models = useQuery({ queryKey: ['models'], queryFn: ({ signal }) => api.models(signal) })
  const [problem, setProblem] = useState<string | null>(null)
  const choose = (id: string) => {
    setProblem(null)
    api.admin
      .setDefaultModel(id === '' ? null : id)
      .then(onChanged)
      .catch((error: unknown) => setProblem(problemText(error)))
  }
  return (
    <Section title="Default model" text="It answers unless a person picks another one.">
      <select
        aria-label="Default model"
        value={data.default_model ?? ''}
        onChange={(event) => choose(event.target.value)}
        className={`${INPUT} max-w-md`}
      >
        <option value="">Automatic</option>
        {(models.data?.models ?? []).map((model) => (
          <option key={model.id} value={model.id}>
            {model.label}
          </option>
        ))}
      </select>
      {problem ? (
        <div className="mt-3">
          <Problem>{problem}</Problem>
        </div>
      ) : null}
    </Section>
  )
}
