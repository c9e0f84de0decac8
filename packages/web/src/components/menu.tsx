import {
  useEffect,
  useId,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
} from 'react'

import { CheckIcon } from './icons.tsx'

export interface MenuItem {
  key: string
  label: ReactNode
  hint?: string
  icon?: ReactNode
  danger?: boolean
  /** Given for one of several alternatives. */
  checked?: boolean
  onSelect: () => void
}

interface MenuProps {
  label: string
  items: readonly MenuItem[]
  /** Draws the button; the attributes given belong on it. */
  button: (attributes: ButtonAttributes) => ReactNode
  align?: 'start' | 'end'
  side?: 'below' | 'above'
  wide?: boolean
}

interface ButtonAttributes {
  'aria-haspopup': 'menu'
  'aria-expanded': boolean
  'aria-controls': string | undefined
  onClick: () => void
}

const MOVES: Record<string, (index: number, count: number) => number> = {
  ArrowDown: (index, count) => (index + 1) % count,
  ArrowUp: (index, count) => (index - 1 + count) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
}

const itemsIn = (list: HTMLElement | null): HTMLElement[] =>
  list ? [...list.querySelectorAll<HTMLElement>('[role^=menuitem]')] : []

/** Closes what is open when somebody points elsewhere. */
export function useOutsideClick(
  root: RefObject<HTMLElement | null>,
  isOpen: boolean,
  close: () => void,
) {
  useEffect(() => {
    if (!isOpen) return undefined
    const onPointer = (event: PointerEvent) => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) close()
    }
    document.addEventListener('pointerdown', onPointer)
    return () => document.removeEventListener('pointerdown', onPointer)
  }, [root, isOpen, close])
}

export function Menu({ label, items, button, align = 'start', side = 'below', wide }: MenuProps) {
  const [isOpen, setOpen] = useState(false)
  const root = useRef<HTMLDivElement>(null)
  const list = useRef<HTMLDivElement>(null)
  const id = useId()
  useOutsideClick(root, isOpen, () => setOpen(false))
  useEffect(() => {
    if (!isOpen) return
    const entries = itemsIn(list.current)
    const chosen = entries.find((entry) => entry.ariaChecked === 'true') ?? entries[0]
    chosen?.focus()
  }, [isOpen])
  const close = () => {
    setOpen(false)
    root.current?.querySelector('button')?.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (!isOpen) return
    if (event.key === 'Escape' || event.key === 'Tab') {
      event.stopPropagation()
      if (event.key === 'Escape') event.preventDefault()
      close()
      return
    }
    const move = MOVES[event.key]
    if (!move) return
    event.preventDefault()
    const entries = itemsIn(list.current)
    const index = entries.findIndex((entry) => entry === document.activeElement)
    entries[move(index, entries.length)]?.focus()
  }
  return (
    <div ref={root} className="relative inline-flex min-w-0" onKeyDown={onKeyDown}>
      {button({
        'aria-haspopup': 'menu',
        'aria-expanded': isOpen,
        'aria-controls': isOpen ? id : undefined,
        onClick: () => setOpen(!isOpen),
      })}
      {isOpen ? (
        <div
          ref={list}
          id={id}
          role="menu"
          aria-label={label}
          className={`appear absolute z-30 max-h-[min(60dvh,26rem)] overflow-y-auto rounded-lg border border-line bg-raised p-1 shadow-float ${
            wide ? 'w-72 max-w-[calc(100vw-2rem)]' : 'min-w-52'
          } ${align === 'end' ? 'right-0' : 'left-0'} ${
            side === 'above' ? 'bottom-full mb-1.5' : 'top-full mt-1.5'
          }`}
        >
          {items.map((item) => (
            <Item
              key={item.key}
              item={item}
              onSelect={() => {
                close()
                item.onSelect()
              }}
            />
          ))}
        </div>
      ) : null}
    </div>
  )
}

function Item({ item, onSelect }: { item: MenuItem; onSelect: () => void }) {
  return (
    <button
      type="button"
      role={item.checked === undefined ? 'menuitem' : 'menuitemradio'}
      aria-checked={item.checked}
      tabIndex={-1}
      onClick={onSelect}
      className={`flex w-full items-start gap-2.5 rounded-md px-2.5 py-2 text-left text-sm hover:bg-hover focus:bg-hover focus-visible:outline-none ${
        item.danger ? 'text-danger' : 'text-ink'
      }`}
    >
      {item.icon ? <span className="mt-px text-muted">{item.icon}</span> : null}
      <span className="min-w-0 flex-1">
        <span className="block wrap-anywhere">{item.label}</span>
        {item.hint ? <span className="mt-0.5 block text-xs text-muted">{item.hint}</span> : null}
      </span>
      {item.checked ? <CheckIcon size={16} className="mt-0.5 text-accent" /> : null}
    </button>
  )
}
