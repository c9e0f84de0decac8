import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react'

import type { Agent } from '../live/api.ts'
import { agentGroups, isFound } from '../timeline/agent-groups.ts'
import { CheckIcon, SearchIcon } from './icons.tsx'
import { useOutsideClick } from './menu.tsx'
import { PickerButton } from './pickers.tsx'

interface AgentPickerProps {
  agents: readonly Agent[]
  chosen: string | null
  onChoose: (id: string | null) => void
}

interface Option {
  /** Null: whoever fits the model. */
  id: string | null
  name: string
  description: string
}

const AUTOMATIC: Option = {
  id: null,
  name: 'Automatic',
  description: 'The assistant once a model is connected, the data agent until then',
}

/** Who answers, found by typing or among groups. */
export function AgentPicker({ agents, chosen, onChoose }: AgentPickerProps) {
  const [isOpen, setOpen] = useState(false)
  const root = useRef<HTMLDivElement>(null)
  const id = useId()
  useOutsideClick(root, isOpen, () => setOpen(false))
  const close = () => {
    setOpen(false)
    root.current?.querySelector('button')?.focus()
  }
  return (
    <div ref={root} className="relative inline-flex min-w-0">
      <PickerButton
        label="Agent"
        shown={agents.find((agent) => agent.id === chosen)?.name ?? AUTOMATIC.name}
        aria-haspopup="listbox"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setOpen(!isOpen)}
      />
      {isOpen ? (
        <AgentList
          id={id}
          agents={agents}
          chosen={chosen}
          onClose={close}
          onChoose={(agent) => {
            close()
            onChoose(agent)
          }}
        />
      ) : null}
    </div>
  )
}

type AgentListProps = AgentPickerProps & { id: string; onClose: () => void }

function AgentList({ id, agents, chosen, onChoose, onClose }: AgentListProps) {
  const [text, setText] = useState('')
  const groups = groupsFor(agents, text)
  const options = groups.flatMap((group) => group.options)
  const known = agents.some((agent) => agent.id === chosen) ? chosen : null
  const [active, setActive] = useState(() =>
    Math.max(
      0,
      options.findIndex((option) => option.id === known),
    ),
  )
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    // On a phone the keyboard would cover what one came to choose from.
    if (matchMedia('(pointer: fine)').matches) input.current?.focus()
  }, [])
  const optionId = (index: number): string => `${id}-${index}`
  useEffect(() => {
    document.getElementById(`${id}-${active}`)?.scrollIntoView({ block: 'nearest' })
  }, [id, active])
  const onKeyDown = (event: KeyboardEvent) => {
    const option = options[active]
    if (event.key === 'Escape' || event.key === 'Tab') {
      event.stopPropagation()
      onClose()
      if (event.key === 'Tab') return
    } else if (event.key === 'ArrowDown') setActive((active + 1) % Math.max(1, options.length))
    else if (event.key === 'ArrowUp')
      setActive((active - 1 + options.length) % Math.max(1, options.length))
    else if (event.key === 'Enter' && option) onChoose(option.id)
    else return
    event.preventDefault()
  }
  return (
    <div
      className="appear absolute bottom-full left-0 z-30 mb-1.5 flex max-h-[min(60dvh,28rem)] w-[min(20rem,calc(100vw-5.5rem))] flex-col overflow-hidden rounded-lg border border-line bg-raised shadow-float"
      onKeyDown={onKeyDown}
    >
      <div className="flex shrink-0 items-center gap-2.5 border-b border-line px-3.5">
        <SearchIcon size={16} className="shrink-0 text-muted" />
        <input
          ref={input}
          role="combobox"
          aria-label="Find an agent"
          aria-expanded="true"
          aria-controls={id}
          aria-activedescendant={options[active] ? optionId(active) : undefined}
          autoComplete="off"
          placeholder="Find an agent"
          value={text}
          onChange={(event) => {
            setText(event.target.value)
            setActive(0)
          }}
          className="h-10 min-w-0 flex-1 bg-transparent text-base placeholder:text-muted focus-visible:outline-none"
        />
      </div>
      <div id={id} role="listbox" aria-label="Agent" className="min-h-0 overflow-y-auto p-1">
        {groups.map(({ name, options: its }) => (
          <div key={name} role="group" aria-label={name}>
            <p aria-hidden="true" className="px-2.5 pt-2 pb-1 text-xs font-medium text-muted">
              {name}
            </p>
            {its.map((option) => {
              const index = options.indexOf(option)
              return (
                <Entry
                  key={option.id ?? ''}
                  id={optionId(index)}
                  option={option}
                  isActive={index === active}
                  isChosen={option.id === known}
                  onPoint={() => setActive(index)}
                  onChoose={() => onChoose(option.id)}
                />
              )
            })}
          </div>
        ))}
      </div>
      <p role="status" className="px-3.5 py-3 text-sm text-muted empty:hidden">
        {options.length === 0 ? `No agent for “${text.trim()}”.` : null}
      </p>
    </div>
  )
}

interface EntryProps {
  id: string
  option: Option
  isActive: boolean
  isChosen: boolean
  onPoint: () => void
  onChoose: () => void
}

function Entry({ id, option, isActive, isChosen, onPoint, onChoose }: EntryProps) {
  return (
    <div
      id={id}
      role="option"
      aria-selected={isChosen}
      onPointerMove={onPoint}
      onClick={onChoose}
      className={`flex cursor-pointer items-start gap-2.5 rounded-md px-2.5 py-2 text-sm ${
        isActive ? 'bg-hover' : ''
      }`}
    >
      <span className="min-w-0 flex-1">
        <span className="block wrap-anywhere">{option.name}</span>
        <span className="mt-0.5 line-clamp-3 text-xs text-muted wrap-anywhere">
          {option.description}
        </span>
      </span>
      {isChosen ? <CheckIcon size={16} className="mt-0.5 shrink-0 text-accent" /> : null}
    </div>
  )
}

function groupsFor(agents: readonly Agent[], typed: string): { name: string; options: Option[] }[] {
  const isAutomatic = isFound({ ...AUTOMATIC, id: 'automatic', origin: 'netra' }, typed)
  const found = agentGroups(agents.filter((agent) => isFound(agent, typed)))
  const [first, ...more] = found
  if (!isAutomatic) return found.map(({ name, agents: its }) => ({ name, options: its }))
  const netra = first?.name === 'Netra' ? first.agents : []
  const others = first?.name === 'Netra' || !first ? more : found
  return [
    { name: 'Netra', options: [AUTOMATIC, ...netra] },
    ...others.map(({ name, agents: its }) => ({ name, options: its })),
  ]
}
