import type { BudgetLimits, Budgets } from '@netra/client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'

import { Button } from '../../../components/button.tsx'
import { Field, INPUT } from '../../../components/field.tsx'
import { field, FormProblem, useForm } from '../../../components/form.tsx'
import { WarningIcon } from '../../../components/icons.tsx'
import { Saved } from '../../../components/saved.tsx'
import { useLive } from '../../../live/use-live.ts'
import {
  LIMIT_WORDS,
  limitAmount,
  limitName,
  zeroMeans,
  type LimitName,
} from '../../../timeline/budget-words.ts'
import { readNumber } from '../../../timeline/typed-number.ts'
import { useSpendingApi } from '../../use-spending.ts'
import { Loaded } from '../section.tsx'
import { SCOPES } from './budget-scopes.ts'
import { WrittenBudgets } from './written-budgets.tsx'

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
  const { me } = useLive()
  // Of the form, which is another one once somebody has a budget of their own.
  const [savedAt, setSavedAt] = useState(0)
  // What was removed stands in no field any more.
  const [removals, setRemovals] = useState(0)
  const forWhom = useRef<HTMLSelectElement>(null)
  const [scope, setScope] = useState<ScopeName>('role:user')
  const [email, setEmail] = useState('')
  const isPerson = scope === 'person'
  const held = budgets.written.filter(({ limits }) => Object.keys(limits).length > 0)
  const written = budgets.written.find((each) =>
    isPerson ? each.email === email && email !== '' : each.scope === scope,
  )
  return (
    <div className="space-y-6">
      <WrittenBudgets
        written={held}
        below={forWhom}
        onChange={({ scope: of, email: address }) => {
          setSavedAt(0)
          setScope(SCOPES.find((each) => each.scope === of)?.scope ?? 'person')
          if (address !== null) setEmail(address)
        }}
        onRemoved={() => {
          setSavedAt(0)
          setRemovals((count) => count + 1)
        }}
      />
      <div className="flex flex-wrap gap-4">
        <label className="block">
          <span className="mb-1.5 block text-sm font-medium text-soft">For whom</span>
          <select
            ref={forWhom}
            value={scope}
            onChange={(event) => {
              setSavedAt(0)
              setScope(
                SCOPES.find((each) => each.scope === event.target.value)?.scope ?? 'role:user',
              )
            }}
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
            onChange={(event) => {
              setSavedAt(0)
              setEmail(event.target.value)
            }}
          />
        ) : null}
      </div>
      <BudgetForm
        key={`${scope} ${isPerson ? (written?.scope ?? '') : ''} ${removals}`}
        whose={isPerson ? { email } : { scope }}
        names={NAMES.filter((name) => scope !== 'everyone' || LIMIT_WORDS[name].forEveryone)}
        isForMe={isPerson ? email === me.email : scope !== 'role:user'}
        limits={written?.limits ?? {}}
        savedAt={savedAt}
        onSaved={setSavedAt}
        otherwise={scope === 'everyone' ? budgets.defaults.everyone : budgets.defaults.own}
      />
    </div>
  )
}

interface BudgetFormProps {
  whose: { scope: string } | { email: string }
  names: readonly LimitName[]
  /** Whoever sets it is among them. */
  isForMe: boolean
  savedAt: number
  onSaved: (at: number) => void
  /** As written down. */
  limits: BudgetLimits
  /** What holds where nothing is written. */
  otherwise: BudgetLimits
}

function BudgetForm({ whose, names, isForMe, limits, otherwise, ...saved }: BudgetFormProps) {
  const { savedAt, onSaved } = saved
  const spendingApi = useSpendingApi()
  const client = useQueryClient()
  const [zeros, setZeros] = useState<readonly LimitName[]>(() =>
    names.filter((name) => limits[name] === 0),
  )
  const form = useForm(async (data) => {
    const wanted: BudgetLimits = {}
    for (const name of names) {
      const text = field(data, name).trim()
      if (text !== '') wanted[name] = text === '∞' ? null : amountOf(name, text)
    }
    const negative = names.find((name) => (wanted[name] ?? 0) < 0)
    if (negative) throw new Error(`${limitName(negative)}: write 0 or more, or ∞ for no limit.`)
    client.setQueryData(['budgets'], await spendingApi.setBudget({ ...whose, limits: wanted }))
    await client.invalidateQueries({ queryKey: ['spending'] })
    onSaved(Date.now())
  })
  return (
    <form
      onSubmit={form.submit}
      onChange={(event) => {
        const data = new FormData(event.currentTarget)
        setZeros(names.filter((name) => isZero(field(data, name))))
        onSaved(0)
      }}
      className="space-y-5"
    >
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
            hint={zeros.includes(name) ? zeroMeans(name) : undefined}
          />
        ))}
      </div>
      <p className="text-sm text-muted">
        Left empty, the wider holds. ∞ is no limit; 0 is one that is used up at once.
      </p>
      {zeros.length > 0 && isForMe ? (
        <p role="status" className="flex items-start gap-2 text-sm text-danger">
          <WarningIcon size={16} className="mt-0.5 shrink-0" />
          This holds for you too.
        </p>
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

function amountOf(name: LimitName, text: string): number {
  const read = readNumber(text)
  if ('problem' in read) throw new Error(`${limitName(name)} ${read.problem}`)
  return read.value
}

function isZero(text: string): boolean {
  const read = readNumber(text)
  return 'value' in read && read.value === 0
}

const valueOf = (value: number | null | undefined): string =>
  value === undefined ? '' : value === null ? '∞' : String(value)

const placeholderOf = (name: LimitName, value: number | null | undefined): string =>
  typeof value === 'number' ? `${limitAmount(name, value)}, by the settings` : 'No limit'
