import { useId, type ReactNode } from 'react'

import { INPUT } from '../../components/field.tsx'
import { KINDS_OF_ACTION } from './audit-words.ts'

export interface AuditChoice {
  user: string | null
  /** The start of the actions' names. */
  kind: string | null
}

interface AuditFilterProps {
  choice: AuditChoice
  /** Addresses by user id. */
  names: ReadonlyMap<string, string>
  onShow: (choice: AuditChoice) => void
}

/** Whose entries are shown, and of what kind. */
export function AuditFilter({ choice, names, onShow }: AuditFilterProps) {
  const { user, kind } = choice
  return (
    <>
      <Choose
        label="About"
        value={user}
        options={user === null || names.has(user) ? names : new Map([[user, user], ...names])}
        onChoose={(chosen) => onShow({ ...choice, user: chosen })}
      >
        Everybody
      </Choose>
      <Choose
        label="What"
        value={kind}
        options={KINDS_OF_ACTION}
        onChoose={(chosen) => onShow({ ...choice, kind: chosen })}
      >
        Everything
      </Choose>
    </>
  )
}

interface ChooseProps {
  label: string
  value: string | null
  options: ReadonlyMap<string, string>
  onChoose: (value: string | null) => void
  /** The choice of all of them. */
  children: ReactNode
}

function Choose({ label, value, options, onChoose, children }: ChooseProps) {
  const id = useId()
  return (
    <div className="min-w-0 flex-1 basis-40 max-sm:basis-full">
      <label htmlFor={id} className="mb-1.5 block text-sm font-medium text-soft">
        {label}
      </label>
      <select
        id={id}
        value={value ?? ''}
        onChange={(event) => onChoose(event.target.value === '' ? null : event.target.value)}
        className={INPUT}
      >
        <option value="">{children}</option>
        {[...options].map(([key, name]) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </select>
    </div>
  )
}
