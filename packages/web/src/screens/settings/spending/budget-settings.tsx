import type { BudgetLimits, Budgets } from '@netra/client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { Button } from '../../../components/button.tsx'
import { Field, INPUT } from '../../../components/field.tsx'
import { field, FormProblem, useForm } from '../../../components/form.tsx'
import { Saved } from '../../../components/saved.tsx'
import {
  LIMIT_WORDS,
  limitAmount,
  limitName,
  type LimitName,
} from '../../../timeline/budget-words.ts'
import { useSpendingApi } from '../../use-spending.ts'
import { Loaded } from '../section.tsx'

const SCOPES = [
  { scope: 'everyone', name: 'Everybody together' },
  { scope: 'role:user', name: 'Each user' },
  { scope: 'role:admin', name: 'Each administrator' },
  { scope: 'person', name: 'One person' },
] as const

type ScopeName = (typeof SCOPES)[number]['scope']

const NAMES = Object.keys(LIMIT_WORDS) as LimitName[]

export function BudgetSettings() {
  const spendingApi = useSpendingApi()
  const query = useQuery({
    queryKey: ['budgets'],
    queryFn: ({ signal }) => spendingApi.budgets(signal),
    staleTime: 0,
  })
  return <Loaded query={query}>{(budgets) => <Shown budgets={budgets} />}</Loaded>
}

function Shown({ budgets }: { budgets: Budgets }) {
  const [scope, setScope] = useState<ScopeName>('role:user')
  const [email, setEmail] = useState('')
  const isPerson = scope === 'person'
  const people = budgets.written.filter((each) => each.scope.startsWith('user:'))
  const written = budgets.written.find((each) =>
    isPerson ? each.email === email && email !== '' : each.scope === scope,
  )
  return (
    <div className="space-y-6">
      {people.length === 0 ? null : (
        <ul className="divide-y divide-line text-sm" aria-label="People with a budget of their own">
          {people.map(({ scope: of, email: address, limits }) => (
            <li
              key={of}
              className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 py-2"
            >
              <span className="min-w-0 truncate">{address ?? of.slice('user:'.length)}</span>
              <span className="flex items-center gap-3 text-muted">
                <span className="figures">{inWords(limits)}</span>
                {address === null ? null : (
                  <Button
                    small
                    onClick={() => {
                      setScope('person')
                      setEmail(address)
                    }}
                  >
                    Change
                  </Button>
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
      <div className="flex flex-wrap gap-4">
        <label className="block">
          <span className="mb-1.5 block text-sm font-medium text-soft">For whom</span>
          <select
            value={scope}
            onChange={(event) =>
              setScope(
                SCOPES.find((each) => each.scope === event.target.value)?.scope ?? 'role:user',
              )
            }
            className={`${INPUT} max-w-56`}
          >
            {SCOPES.map((each) => (
              <option key={each.scope} value={each.scope}>
                {each.name}
              </option>
            ))}
          </select>
        </label>
        {isPerson ? (
          <Field
            className="w-72 max-w-full"
            label="E-mail address"
            type="email"
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        ) : null}
      </div>
      <BudgetForm
        key={`${scope} ${isPerson ? (written?.scope ?? '') : ''}`}
        whose={isPerson ? { email } : { scope }}
        names={NAMES.filter((name) => scope !== 'everyone' || LIMIT_WORDS[name].forEveryone)}
        limits={written?.limits ?? {}}
        otherwise={scope === 'everyone' ? budgets.defaults.everyone : budgets.defaults.own}
      />
    </div>
  )
}

interface BudgetFormProps {
  whose: { scope: string } | { email: string }
  names: readonly LimitName[]
  /** As written down. */
  limits: BudgetLimits
  /** What holds where nothing is written. */
  otherwise: BudgetLimits
}

function BudgetForm({ whose, names, limits, otherwise }: BudgetFormProps) {
  const spendingApi = useSpendingApi()
  const client = useQueryClient()
  const [savedAt, setSavedAt] = useState(0)
  const form = useForm(async (data) => {
    const wanted: BudgetLimits = {}
    for (const name of names) {
      const text = field(data, name).trim()
      if (text !== '') wanted[name] = text === '∞' ? null : Number(text.replaceAll(',', ''))
    }
    const wrong = names.find((name) => Number.isNaN(wanted[name] ?? 0))
    if (wrong) throw new Error(`${limitName(wrong)}: write a number, or ∞ for no limit.`)
    client.setQueryData(['budgets'], await spendingApi.setBudget({ ...whose, limits: wanted }))
    await client.invalidateQueries({ queryKey: ['spending'] })
    setSavedAt(Date.now())
  })
  return (
    <form onSubmit={form.submit} onChange={() => setSavedAt(0)} className="space-y-5">
      <div className="grid gap-4 sm:grid-cols-2">
        {names.map((name) => (
          <Field
            key={name}
            label={limitName(name)}
            name={name}
            inputMode="decimal"
            autoComplete="off"
            defaultValue={valueOf(limits[name])}
            placeholder={placeholderOf(name, otherwise[name])}
          />
        ))}
      </div>
      <p className="text-sm text-muted">
        Left empty, the wider holds. ∞ is no limit. 0 tokens or dollars stops all models for them.
      </p>
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

const valueOf = (value: number | null | undefined): string =>
  value === undefined ? '' : value === null ? '∞' : String(value)

const placeholderOf = (name: LimitName, value: number | null | undefined): string =>
  typeof value === 'number' ? `${limitAmount(name, value)}, by the settings` : 'No limit'

const inWords = (limits: BudgetLimits): string =>
  NAMES.flatMap((name) => {
    const value = limits[name]
    if (value === undefined) return []
    return [`${limitName(name)}: ${value === null ? 'no limit' : limitAmount(name, value)}`]
  }).join('; ')
