import { useId } from 'react'

import { INPUT } from '../../components/field.tsx'

interface AuditFilterProps {
  userId: string | null
  /** Addresses by user id. */
  names: ReadonlyMap<string, string>
  onShow: (userId: string | null) => void
}

/** Whose entries are shown. */
export function AuditFilter({ userId, names, onShow }: AuditFilterProps) {
  const id = useId()
  const isUnknown = userId !== null && !names.has(userId)
  return (
    <div className="min-w-0 flex-1 max-sm:basis-full">
      <label htmlFor={id} className="mb-1.5 block text-sm font-medium text-soft">
        About
      </label>
      <select
        id={id}
        value={userId ?? ''}
        onChange={(event) => onShow(event.target.value === '' ? null : event.target.value)}
        className={INPUT}
      >
        <option value="">Everybody</option>
        {isUnknown ? <option value={userId}>{userId}</option> : null}
        {[...names].map(([key, name]) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </select>
    </div>
  )
}
