import type { ApiKey } from '@netra/client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { Button } from '../../components/button.tsx'
import { Confirm } from '../../components/confirm.tsx'
import { KeyIcon } from '../../components/icons.tsx'
import { ShownOnce } from '../../components/shown-once.tsx'
import { useNow } from '../../use-now.ts'
import { ApiKeyForm, SCOPES } from './api-key-form.tsx'
import { ago, dayOf } from './moments.ts'
import { Badge, Loaded, Section } from './section.tsx'
import { useAccountApi } from './use-account.ts'

export function ApiKeys() {
  const accountApi = useAccountApi()
  const client = useQueryClient()
  // The key itself is in no cache: it is gone with the page.
  const [made, setMade] = useState<string | null>(null)
  const keys = useQuery({
    queryKey: ['api-keys'],
    queryFn: ({ signal }) => accountApi.apiKeys(signal),
    staleTime: 0,
  })
  const changed = () => client.invalidateQueries({ queryKey: ['api-keys'] })
  return (
    <>
      <Section
        title="Make an API key"
        text="A program that has it acts as you, within what you allow it. It goes into the header “Authorization: Bearer …”."
      >
        <div className="space-y-5">
          <ApiKeyForm
            onMade={async (key) => {
              setMade(key)
              await changed()
            }}
          />
          {made ? (
            <ShownOnce what="key" secret={made} hint="Whoever has it can use it: keep it secret." />
          ) : null}
        </div>
      </Section>
      <Section title="Your API keys">
        <Loaded query={keys}>
          {(list) =>
            list.length === 0 ? (
              <p className="text-muted">There are none.</p>
            ) : (
              <ul className="divide-y divide-line border-y border-line">
                {list.map((key) => (
                  <Key key={key.id} apiKey={key} onRevoked={changed} />
                ))}
              </ul>
            )
          }
        </Loaded>
      </Section>
    </>
  )
}

const wordsFor = (scope: string): string =>
  SCOPES.find((item) => item.id === scope)?.name.toLowerCase() ?? scope

function Key({ apiKey, onRevoked }: { apiKey: ApiKey; onRevoked: () => Promise<void> }) {
  const accountApi = useAccountApi()
  const now = useNow(60_000)
  const [isAsked, setAsked] = useState(false)
  const { id, name, scopes, created_at, expires_at, last_used_at } = apiKey
  const isExpired = expires_at ? Date.parse(expires_at) <= now : false
  const facts = [
    apiKey.hint,
    `made ${dayOf(created_at)}`,
    expires_at ? `${isExpired ? 'expired' : 'expires'} ${dayOf(expires_at)}` : 'never expires',
    last_used_at ? `last used ${ago(last_used_at, now)}` : 'never used',
  ]
  return (
    <li className="flex items-start gap-3 py-3">
      <KeyIcon className="mt-0.5 text-muted" />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="min-w-0 wrap-anywhere">{name}</span>
          {isExpired ? <Badge tone="warn">expired</Badge> : null}
        </p>
        <p className="text-sm text-soft">{scopes.map(wordsFor).join(', ')}</p>
        <p className="text-sm text-muted wrap-anywhere">{facts.filter(Boolean).join(' · ')}</p>
      </div>
      <Button small kind="quiet" aria-label={`Revoke ${name}`} onClick={() => setAsked(true)}>
        Revoke
      </Button>
      {isAsked ? (
        <Confirm
          title={`Revoke ${name}?`}
          text="Programs that use it are refused from then on, and their connections end at once."
          action="Revoke"
          onClose={() => setAsked(false)}
          onConfirm={async () => {
            await accountApi.revokeApiKey(id)
            await onRevoked()
          }}
        />
      ) : null}
    </li>
  )
}
