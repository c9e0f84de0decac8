import type { AuditEntry } from '@netra/client'
import type { ReactNode } from 'react'

import { actionWords, detailWords, personWords } from './audit-words.ts'
import { exactly } from './moments.ts'
import { Badge } from './section.tsx'

interface AuditTableProps {
  entries: readonly AuditEntry[]
  /** Addresses by user id. */
  names: ReadonlyMap<string, string>
  onShow: (userId: string) => void
}

const HEADS = [
  { name: 'When', width: 'w-28' },
  { name: 'What', width: '' },
  { name: 'By', width: 'w-48' },
  { name: 'About', width: 'w-40' },
  { name: 'From', width: 'w-26' },
]

/** A table where there is room, a list of blocks on a phone; a table for screen readers always. */
export function AuditTable({ entries, names, onShow }: AuditTableProps) {
  return (
    <div className="overflow-x-auto sm:rounded-lg sm:border sm:border-line sm:bg-raised">
      <table
        role="table"
        aria-label="Audit log"
        className="w-full table-fixed text-sm max-sm:block sm:min-w-176"
      >
        <thead role="rowgroup" className="max-sm:sr-only">
          <tr role="row">
            {HEADS.map(({ name, width }) => (
              <th
                key={name}
                role="columnheader"
                scope="col"
                className={`border-b border-line bg-sunken px-3 py-2 text-left font-medium text-soft ${width}`}
              >
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup" className="max-sm:block max-sm:border-t max-sm:border-line">
          {entries.map((entry) => (
            <Entry key={entry.position} entry={entry} names={names} onShow={onShow} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

type EntryProps = Omit<AuditTableProps, 'entries'> & { entry: AuditEntry }

function Entry({ entry, names, onShow }: EntryProps) {
  const { at, action, outcome, actor, user_id, address, details } = entry
  const more = detailWords(details)
  const isOwn = actor.kind === 'user' && actor.id === user_id
  return (
    <tr
      role="row"
      className="border-line align-top not-first:border-t max-sm:block max-sm:space-y-0.5 max-sm:py-3"
    >
      <Cell isBlock className="figures text-muted">
        {exactly(at)}
      </Cell>
      <Cell isBlock>
        <span className="font-medium">{actionWords(action)}</span>
        {outcome === 'refused' && !action.endsWith('.refused') ? (
          <>
            {' '}
            <Badge tone="warn">refused</Badge>
          </>
        ) : null}
        {more ? <span className="block text-muted wrap-anywhere">{more}</span> : null}
      </Cell>
      <Cell label="by">
        <Name>{personWords(actor, names)}</Name>
      </Cell>
      <Cell label={user_id && !isOwn ? 'about' : null}>
        {user_id ? (
          <button
            type="button"
            aria-description="Shows only entries about them"
            onClick={() => onShow(user_id)}
            className={`text-left text-accent wrap-anywhere hover:underline ${isOwn ? 'max-sm:hidden' : ''}`}
          >
            <Name>{isOwn ? 'themselves' : personWords({ kind: 'user', id: user_id }, names)}</Name>
          </button>
        ) : null}
      </Cell>
      <Cell label={address ? 'from' : null} className="figures text-muted">
        {address}
      </Cell>
    </tr>
  )
}

/** Two lines of it where there are columns; all of it on a phone, and for whoever points at it. */
function Name({ children }: { children: string }) {
  return (
    <span title={children} className="sm:line-clamp-2">
      {children}
    </span>
  )
}

interface CellProps {
  children: ReactNode
  /** Stands before it where there are no heads. */
  label?: string | null
  /** On a line of its own where there are no columns. */
  isBlock?: boolean
  className?: string
}

function Cell({ children, label, isBlock = false, className }: CellProps) {
  return (
    <td
      role="cell"
      className={`px-3 py-2 wrap-anywhere max-sm:mr-1.5 max-sm:p-0 ${
        isBlock ? 'max-sm:block' : 'max-sm:inline'
      } ${className ?? ''}`}
    >
      {label ? (
        <span aria-hidden="true" className="text-muted sm:hidden">
          {label}{' '}
        </span>
      ) : null}
      {children}
    </td>
  )
}
