import type { Registration } from '@netra/client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { Button } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { field, FormProblem, useForm } from '../../components/form.tsx'
import { Saved } from '../../components/saved.tsx'
import { AdminOnly, Loaded, Section } from './section.tsx'
import { useUsersApi } from './use-users.ts'

interface Choice {
  id: Registration['policy'] | 'default'
  name: string
  text: string
}

const POLICIES: readonly Choice[] = [
  { id: 'open', name: 'Open', text: 'Everybody who reaches this Netra may make an account.' },
  {
    id: 'domain',
    name: 'By domain',
    text: 'Only addresses of your domains, or people with an invitation.',
  },
  {
    id: 'invitation',
    name: 'By invitation',
    text: 'Only people with a link, which you make under Invitations.',
  },
  { id: 'closed', name: 'Closed', text: 'Nobody: you create the accounts, under Users.' },
]

/** What holds when nothing is chosen here. */
function unchosen({ configured }: Registration): Choice {
  if (!configured) {
    return {
      id: 'default',
      name: 'From this machine anybody, from elsewhere by invitation',
      text: 'As Netra comes. “This machine” is the one that Netra runs on.',
    }
  }
  const name = POLICIES.find(({ id }) => id === configured.policy)?.name ?? configured.policy
  const domains = configured.domains.length > 0 ? ` (${configured.domains.join(', ')})` : ''
  return {
    id: 'default',
    name: 'As the server is configured',
    text: `NETRA_REGISTRATION says: ${name.toLowerCase()}${domains}.`,
  }
}

export function RegistrationSettings() {
  return (
    <AdminOnly title="Registration">
      <Section title="Registration" text="Who may make an account here. Existing accounts stay.">
        <Current />
      </Section>
    </AdminOnly>
  )
}

function Current() {
  const usersApi = useUsersApi()
  const query = useQuery({
    queryKey: ['registration'],
    queryFn: ({ signal }) => usersApi.registration(signal),
    staleTime: 0,
  })
  return <Loaded query={query}>{(registration) => <Choose registration={registration} />}</Loaded>
}

const domainsIn = (text: string): string[] =>
  text
    .toLowerCase()
    .split(/[\s,;]+/)
    .map((domain) => domain.replace(/^@/, ''))
    .filter((domain) => domain !== '')

function Choose({ registration }: { registration: Registration }) {
  const usersApi = useUsersApi()
  const client = useQueryClient()
  const [policy, setPolicy] = useState<Choice['id']>(
    ['default', 'environment'].includes(registration.source ?? '')
      ? 'default'
      : registration.policy,
  )
  const [savedAt, setSavedAt] = useState(0)
  const form = useForm(async (data) => {
    const domains = policy === 'domain' ? domainsIn(field(data, 'domains')) : registration.domains
    const saved = await usersApi.setRegistration(
      policy === 'default' ? { policy: null, domains: [] } : { policy, domains },
    )
    client.setQueryData(['registration'], saved)
    await client.invalidateQueries({ queryKey: ['config'] })
    setSavedAt(Date.now())
  })
  return (
    <form onSubmit={form.submit} className="space-y-5">
      <fieldset className="space-y-3">
        <legend className="sr-only">Who may register</legend>
        {[unchosen(registration), ...POLICIES].map(({ id, name, text }) => (
          <label key={id} className="flex items-start gap-2.5">
            <input
              type="radio"
              name="policy"
              value={id}
              checked={policy === id}
              onChange={() => {
                setPolicy(id)
                setSavedAt(0)
              }}
              className="mt-1 size-4 shrink-0 accent-accent"
            />
            <span className="min-w-0">
              <span className="block">{name}</span>
              <span className="block text-sm text-muted">{text}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {policy === 'domain' ? (
        <Field
          className="appear max-w-md"
          label="Domains"
          name="domains"
          required
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          defaultValue={registration.domains.join(', ')}
          onChange={() => setSavedAt(0)}
          placeholder="example.com, example.org"
          hint="Separated by commas. A domain does not include those below it."
        />
      ) : null}
      <FormProblem form={form} />
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" kind="primary" busy={form.isBusy}>
          Save
        </Button>
        <Saved at={savedAt}>Saved, and in force.</Saved>
      </div>
    </form>
  )
}
