import { useState } from 'react'

import { Button } from '../../components/button.tsx'
import { Confirm } from '../../components/confirm.tsx'
import { Field } from '../../components/field.tsx'
import { field, useForm } from '../../components/form.tsx'
import { CheckIcon } from '../../components/icons.tsx'
import { Problem } from '../../components/notice.tsx'
import { problemText, type ConnectionTest, type ModelConnection } from '../../live/api.ts'
import { useLive } from '../../live/use-live.ts'
import { countOf, formatDuration } from '../../timeline/format.ts'
import { labelOf, PROVIDERS } from './providers.ts'
import { Section } from './section.tsx'

const SOURCES = {
  environment: 'set in the environment',
  stored: 'stored here',
  detected: 'found on this machine',
}

interface ConnectionCardProps {
  connection: ModelConnection
  onChanged: () => Promise<void>
}

export function ConnectionCard({ connection, onChanged }: ConnectionCardProps) {
  const { api } = useLive()
  const { provider, source, base_url, key_hint } = connection
  const [isRemoved, setRemoved] = useState(false)
  const [test, setTest] = useState<ConnectionTest | null>(null)
  const [isTesting, setTesting] = useState(false)
  const problem = 'problem' in connection ? connection.problem : null
  const runTest = () => {
    setTesting(true)
    setTest(null)
    void api.admin
      .testConnection(provider)
      .catch((error: unknown): ConnectionTest => ({
        ok: false,
        latency_ms: 0,
        models: [],
        error: problemText(error),
      }))
      .then(setTest)
      .finally(() => setTesting(false))
  }
  return (
    <li className="rounded-lg border border-line bg-raised p-4">
      <div className="flex flex-wrap items-start gap-x-3 gap-y-2">
        <div className="min-w-0 flex-1">
          <h3 className="font-semibold">{labelOf(provider)}</h3>
          <p className="text-sm text-muted wrap-anywhere">
            {[SOURCES[source], key_hint ? `key …${key_hint.replace(/^[….]+/, '')}` : null, base_url]
              .filter(Boolean)
              .join(' · ')}
          </p>
        </div>
        <Button small busy={isTesting} onClick={runTest}>
          Test
        </Button>
        {source === 'stored' ? (
          <Button small kind="quiet" onClick={() => setRemoved(true)}>
            Remove
          </Button>
        ) : null}
      </div>
      {typeof problem === 'string' ? <p className="mt-2 text-sm text-warn">{problem}</p> : null}
      <TestResult test={test} />
      <EnabledModels connection={connection} onChanged={onChanged} />
      {isRemoved ? (
        <Confirm
          title={`Remove ${labelOf(provider)}?`}
          text="Its key is erased here, and its models no longer answer."
          action="Remove"
          onClose={() => setRemoved(false)}
          onConfirm={async () => {
            await api.admin.deleteConnection(provider)
            await onChanged()
          }}
        />
      ) : null}
    </li>
  )
}

function TestResult({ test }: { test: ConnectionTest | null }) {
  if (test === null) return null
  if (!test.ok) return <Failure text={test.error ?? 'The test failed.'} />
  return (
    <p role="status" className="appear mt-3 flex items-center gap-2 text-sm text-good">
      <CheckIcon size={16} />
      It works: {countOf(test.models.length, 'model')}, answered in{' '}
      {formatDuration(test.latency_ms)}.
    </p>
  )
}

const Failure = ({ text }: { text: string }) => (
  <div className="mt-3">
    <Problem>{text}</Problem>
  </div>
)

const SHOWN = 8

function EnabledModels({ connection, onChanged }: ConnectionCardProps) {
  const { api } = useLive()
  const [search, setSearch] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  const enabled = new Set(connection.enabled_models)
  const names = [...new Set([...connection.enabled_models, ...connection.models])]
  if (names.length === 0) return null
  const found = names.filter((name) => name.toLowerCase().includes(search.trim().toLowerCase()))
  const shown = search === '' ? found.slice(0, Math.max(SHOWN, enabled.size)) : found
  const isFixed = connection.source === 'environment'
  const toggle = (name: string) => {
    const next = enabled.has(name)
      ? connection.enabled_models.filter((item) => item !== name)
      : [...connection.enabled_models, name]
    setProblem(null)
    api.admin
      .saveConnection(connection.provider, { enabled_models: next })
      .then(onChanged)
      .catch((error: unknown) => setProblem(problemText(error)))
  }
  return (
    <fieldset className="mt-4 border-t border-line pt-3">
      <legend className="sr-only">Models people may choose</legend>
      <div className="mb-2 flex items-center gap-3">
        <span className="flex-1 text-sm font-medium text-soft">Models people may choose</span>
        {names.length > SHOWN ? (
          <input
            type="search"
            aria-label="Find a model"
            placeholder="Find"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
            className="h-8 w-40 rounded-md border border-edge bg-paper px-2.5 text-sm placeholder:text-muted"
          />
        ) : null}
      </div>
      <ul className="grid max-h-64 gap-x-6 overflow-y-auto sm:grid-cols-2">
        {shown.map((name) => (
          <li key={name}>
            <label className="flex min-h-8 items-center gap-2.5 text-sm">
              <input
                type="checkbox"
                checked={enabled.has(name)}
                disabled={isFixed}
                onChange={() => toggle(name)}
                className="size-4 accent-accent"
              />
              <span className="min-w-0 truncate font-mono text-xs" title={name}>
                {name}
              </span>
            </label>
          </li>
        ))}
      </ul>
      {shown.length < found.length ? (
        <p className="mt-1 text-xs text-muted">
          {found.length - shown.length} more: type to find one.
        </p>
      ) : null}
      {isFixed ? (
        <p className="mt-1 text-xs text-muted">Chosen by the environment of the server.</p>
      ) : null}
      {problem ? <Failure text={problem} /> : null}
    </fieldset>
  )
}

interface AddConnectionProps {
  connected: readonly string[]
  onChanged: () => Promise<void>
}

export function AddConnection({ connected, onChanged }: AddConnectionProps) {
  const { api } = useLive()
  const [chosen, setChosen] = useState<string | null>(null)
  const provider = PROVIDERS.find((item) => item.id === chosen)
  const { isBusy, problem, submit } = useForm(async (form) => {
    if (!provider) return
    const key = field(form, 'key').trim()
    const address = field(form, 'address').trim()
    const name = provider.isOther ? field(form, 'name').trim().toLowerCase() : provider.id
    await api.admin.saveConnection(name, {
      ...(key !== '' && { api_key: key }),
      ...(address !== '' && { base_url: address }),
    })
    setChosen(null)
    await onChanged()
  })
  return (
    <Section title="Connect another">
      <div className="flex flex-wrap gap-2">
        {PROVIDERS.filter((item) => item.isOther || !connected.includes(item.id)).map((item) => (
          <Button
            key={item.id}
            small
            aria-pressed={item.id === chosen}
            className="aria-pressed:border-accent aria-pressed:bg-accent-wash"
            onClick={() => setChosen(item.id === chosen ? null : item.id)}
          >
            {item.label}
          </Button>
        ))}
      </div>
      {provider ? (
        <form
          key={provider.id}
          onSubmit={submit}
          className="appear mt-4 space-y-4 rounded-lg border border-line bg-raised p-4"
        >
          {provider.isOther ? (
            <Field
              label="Name"
              name="name"
              required
              pattern="[a-zA-Z][a-zA-Z0-9]*(-[a-zA-Z0-9]+)*"
              placeholder="my-server"
              hint="A short name, as it will stand before its models."
              autoFocus
            />
          ) : null}
          {provider.needsKey || provider.isOther ? (
            <Field
              label={provider.needsKey ? 'API key' : 'API key (if the server wants one)'}
              name="key"
              type="password"
              autoComplete="off"
              spellCheck={false}
              required={provider.needsKey}
              autoFocus={!provider.isOther}
              hint={provider.keyHint}
            />
          ) : null}
          <Field
            label={
              provider.address || provider.isOther
                ? 'Address'
                : 'Address (only for a proxy of your own)'
            }
            name="address"
            type="url"
            defaultValue={provider.address}
            required={provider.isOther || provider.address !== undefined}
            placeholder="https://…/v1"
          />
          {problem ? <Problem>{problem}</Problem> : null}
          <div className="flex justify-end gap-2">
            <Button kind="quiet" onClick={() => setChosen(null)}>
              Cancel
            </Button>
            <Button type="submit" kind="primary" busy={isBusy}>
              Connect
            </Button>
          </div>
        </form>
      ) : null}
    </Section>
  )
}
