import { useState } from 'react'

import { Button } from '../../components/button.tsx'
import { Field, INPUT } from '../../components/field.tsx'
import { field, FormProblem, useForm } from '../../components/form.tsx'
import { useTold } from '../use-told.ts'
import { useAccountApi } from './use-account.ts'

interface ScopeWords {
  id: string
  name: string
  text: string
}

/** What a key may be allowed, in words. */
export const SCOPES: readonly ScopeWords[] = [
  { id: 'chat:read', name: 'Read conversations', text: 'See them, and follow answers live.' },
  { id: 'chat:write', name: 'Write conversations', text: 'Ask, stop, rename and delete.' },
  { id: 'files:read', name: 'Read files', text: 'List and download them.' },
  { id: 'files:write', name: 'Write files', text: 'Upload and delete them.' },
  {
    id: 'approvals:write',
    name: 'Answer approvals',
    text: 'Allow or refuse in your name what agents ask. Not for a key that an agent uses.',
  },
  {
    id: 'usage:write',
    name: 'Send usage',
    text: 'Calls of language models that your applications made, by OpenTelemetry.',
  },
  { id: 'account:read', name: 'Read the account', text: 'Your name and email address.' },
]

const LIVES = [
  { days: '30', name: '30 days' },
  { days: '90', name: '90 days' },
  { days: '365', name: '1 year' },
  { days: '', name: 'Until revoked' },
]

const FIRST_CHOICE = new Set(['chat:read', 'chat:write'])

/** Makes a key; `onMade` gets the key itself. */
export function ApiKeyForm({ onMade }: { onMade: (key: string) => Promise<void> }) {
  const accountApi = useAccountApi()
  const [round, setRound] = useState(0)
  // A page that leads here says what its key is for.
  const wanted = useTold('may')
  const isKnown = SCOPES.some(({ id }) => id === wanted)
  const form = useForm(async (data) => {
    const days = field(data, 'days')
    const scopes = SCOPES.map(({ id }) => id).filter((id) => data.has(id))
    if (scopes.length === 0) throw new Error('Allow the key at least one thing.')
    const made = await accountApi.createApiKey({
      name: field(data, 'name').trim(),
      scopes,
      expires_in_days: days === '' ? null : Number(days),
    })
    setRound(round + 1)
    await onMade(made.key)
  })
  return (
    <form key={round} onSubmit={form.submit} className="space-y-5">
      <div className="flex flex-wrap items-start gap-3">
        <Field
          className="min-w-[min(100%,15rem)] flex-1"
          label="Name"
          name="name"
          required
          maxLength={100}
          autoComplete="off"
          placeholder="Nightly report"
        />
        <label className="w-full sm:w-40">
          <span className="mb-1.5 block text-sm font-medium text-soft">Valid for</span>
          <select name="days" defaultValue="90" className={INPUT}>
            {LIVES.map(({ days, name }) => (
              <option key={days} value={days}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
      <fieldset>
        <legend className="mb-2 text-sm font-medium text-soft">It may</legend>
        <div className="grid gap-x-6 gap-y-2.5 sm:grid-cols-2">
          {SCOPES.map(({ id, name, text }) => (
            <label key={id} className="flex items-start gap-2.5">
              <input
                type="checkbox"
                name={id}
                defaultChecked={isKnown ? id === wanted : FIRST_CHOICE.has(id)}
                className="mt-1 size-4 shrink-0 accent-accent"
              />
              <span className="min-w-0">
                <span className="block">{name}</span>
                <span className="block text-sm text-muted">{text}</span>
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      <FormProblem form={form} />
      <Button type="submit" kind="primary" busy={form.isBusy}>
        Make the key
      </Button>
    </form>
  )
}
