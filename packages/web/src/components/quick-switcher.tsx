import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useDeferredValue, useEffect, useId, useState, type KeyboardEvent } from 'react'

import { problemText } from '../live/api.ts'
import { useLive, useUser } from '../live/use-live.ts'
import { dayGroup } from '../timeline/format.ts'
import { markMatches } from '../timeline/matches.ts'
import { Dialog } from './dialog.tsx'
import { SearchIcon } from './icons.tsx'

interface Hit {
  id: string
  title: string
  updated_at: string
  snippet?: string | null
}

const SHOWN = 12
const TYPING_MS = 150

function useSettled(value: string): string {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), TYPING_MS)
    return () => clearTimeout(timer)
  }, [value])
  return settled
}

/** Finds a conversation by its title and text; without a word, the newest ones. */
export function QuickSwitcher({ onClose }: { onClose: () => void }) {
  const { api } = useLive()
  const user = useUser()
  const navigate = useNavigate()
  const [text, setText] = useState('')
  const [active, setActive] = useState(0)
  const id = useId()
  const search = useSettled(text.trim())
  const found = useQuery({
    queryKey: ['find', search],
    queryFn: ({ signal }) => api.threads({ q: search, limit: SHOWN }, signal),
    enabled: search !== '',
    placeholderData: keepPreviousData,
  })
  const newest = user.state.threads
    .toSorted((a, b) => (a.updated_at < b.updated_at ? 1 : -1))
    .slice(0, SHOWN)
  const hits: readonly Hit[] = useDeferredValue(text.trim() === '' ? newest : (found.data ?? []))
  const open = (hit: Hit | undefined) => {
    if (!hit) return
    onClose()
    void navigate({ to: '/t/$threadId', params: { threadId: hit.id } })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setActive(Math.min(hits.length - 1, active + 1))
    else if (event.key === 'ArrowUp') setActive(Math.max(0, active - 1))
    else if (event.key === 'Enter') open(hits[active])
    else return
    event.preventDefault()
  }
  const isSearching = text.trim() !== '' && (found.isFetching || search !== text.trim())
  return (
    <Dialog label="Search conversations" onClose={onClose} shape="search">
      <div className="flex items-center gap-3 border-b border-line px-4">
        <SearchIcon className="text-muted" />
        <input
          autoFocus
          role="combobox"
          aria-label="Search titles and messages"
          aria-expanded={hits.length > 0}
          aria-controls={id}
          aria-activedescendant={hits[active] ? `${id}-${active}` : undefined}
          placeholder="Search titles and messages"
          value={text}
          onChange={(event) => {
            setText(event.target.value)
            setActive(0)
          }}
          onKeyDown={onKeyDown}
          className="h-13 min-w-0 flex-1 bg-transparent text-[1rem] placeholder:text-muted focus-visible:outline-none"
        />
      </div>
      <ul
        id={id}
        role="listbox"
        aria-label="Conversations"
        className="max-h-[min(60dvh,26rem)] overflow-y-auto p-2"
      >
        {hits.map((hit, index) => (
          <li
            key={hit.id}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            onPointerMove={() => setActive(index)}
            onClick={() => open(hit)}
            className="cursor-pointer rounded-md px-3 py-2 aria-selected:bg-hover"
          >
            <div className="flex items-baseline gap-3">
              <span className="min-w-0 flex-1 truncate">
                <Marked text={hit.title || 'New conversation'} search={search} />
              </span>
              <span className="shrink-0 text-xs text-muted">
                {dayGroup(Date.parse(hit.updated_at), Date.now())}
              </span>
            </div>
            {hit.snippet && text.trim() !== '' ? (
              <p className="mt-0.5 line-clamp-2 text-sm text-muted wrap-anywhere">
                <Marked text={hit.snippet} search={search} />
              </p>
            ) : null}
          </li>
        ))}
      </ul>
      <p role="status" className="px-5 pb-4 text-sm text-muted empty:hidden">
        {found.error ? problemText(found.error) : null}
        {hits.length === 0 && !isSearching && !found.error
          ? text.trim() === ''
            ? 'No conversations yet.'
            : `Nothing found for “${text.trim()}”.`
          : null}
      </p>
    </Dialog>
  )
}

function Marked({ text, search }: { text: string; search: string }) {
  return markMatches(text, search).map((piece, index) =>
    piece.isMatch ? (
      <mark key={index} className="rounded-xs bg-accent-wash text-accent-strong">
        {piece.text}
      </mark>
    ) : (
      piece.text
    ),
  )
}
