import type { MoreAgentsApi, RemoteAgent } from '@netra/client'
import { useState } from 'react'

import { Button } from '../../../components/button.tsx'
import { Field, PasswordField } from '../../../components/field.tsx'
import { field, FormProblem, useForm } from '../../../components/form.tsx'
import { Section } from '../section.tsx'

interface Given {
  name: string
  description: string
  url: string
  headers?: Record<string, string>
  examples: string[]
}

interface RemoteAgentFormProps {
  /** The one that is changed. */
  agent?: RemoteAgent
  action: string
  onCancel: () => void
  onSend: (given: Given, id: string) => Promise<void>
}

export function RemoteAgentForm({ agent, action, onCancel, onSend }: RemoteAgentFormProps) {
  const form = useForm(async (data) => {
    const header = field(data, 'header').trim()
    const secret = field(data, 'secret').trim()
    const examples = field(data, 'examples')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
    const given: Given = {
      name: field(data, 'name').trim(),
      description: field(data, 'description').trim(),
      url: field(data, 'url').trim(),
      examples,
      ...(secret !== '' && { headers: { [header === '' ? 'Authorization' : header]: secret } }),
    }
    await onSend(given, agent?.id ?? idOf(given.name))
  })
  const [set] = agent?.header_names ?? []
  return (
    <form onSubmit={form.submit} className="max-w-xl space-y-4">
      <Field
        label="Address"
        name="url"
        type="url"
        required
        defaultValue={agent?.url}
        placeholder="https://agents.example.com/weather"
        hint="Where it takes AG-UI requests."
      />
      <Field
        label="Name"
        name="name"
        required
        maxLength={60}
        defaultValue={agent?.name}
        placeholder="Weather"
      />
      <Field
        label="What it is for"
        name="description"
        required
        maxLength={300}
        defaultValue={agent?.description}
        placeholder="Knows the weather of the next days."
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          label="Header"
          name="header"
          spellCheck={false}
          defaultValue={set ?? 'Authorization'}
        />
        <PasswordField
          label="Its value"
          is="current"
          name="secret"
          required={false}
          maxLength={8_000}
          placeholder={set === undefined ? 'Bearer …' : 'as it is'}
          hint={
            set === undefined
              ? 'Stored encrypted; empty for none.'
              : 'Empty keeps it. It is forgotten when the address moves to another host.'
          }
        />
      </div>
      <div>
        <label className="block text-sm font-medium text-soft">
          <span className="mb-1.5 block">Questions to begin with, one a line</span>
          <textarea
            name="examples"
            rows={3}
            defaultValue={agent?.examples.join('\n')}
            className="w-full rounded-md border border-edge bg-raised px-3 py-2 text-base font-normal text-ink placeholder:text-muted focus:border-accent"
          />
        </label>
      </div>
      <FormProblem form={form} />
      <div className="flex gap-2">
        <Button type="submit" kind="primary" busy={form.isBusy}>
          {action}
        </Button>
        <Button kind="quiet" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </form>
  )
}

/** As what programs call it. */
const idOf = (name: string): string =>
  name
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '')
    .slice(0, 48) || 'agent'

interface AddRemoteAgentProps {
  agentsApi: MoreAgentsApi
  onChanged: () => Promise<void>
}

export function AddRemoteAgent({ agentsApi, onChanged }: AddRemoteAgentProps) {
  const [isOpen, setOpen] = useState(false)
  if (!isOpen) {
    return (
      <div className="pt-4">
        <Button onClick={() => setOpen(true)}>Add an agent</Button>
      </div>
    )
  }
  return (
    <Section title="Add an agent">
      <RemoteAgentForm
        action="Add"
        onCancel={() => setOpen(false)}
        onSend={async (given, id) => {
          await agentsApi.add({ id, ...given })
          setOpen(false)
          await onChanged()
        }}
      />
    </Section>
  )
}
