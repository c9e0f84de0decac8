import { createContext, use } from 'react'

import { useUser } from '../live/use-live.ts'
import { IconButton } from './button.tsx'
import { MenuIcon } from './icons.tsx'

/** Opens the list of conversations. */
export const DrawerContext = createContext<() => void>(() => undefined)

/** Shown where there is no room for the list of conversations, with a mark while something waits. */
export function DrawerButton() {
  const open = use(DrawerContext)
  const count = useUser().state.approvals.length
  const label = count === 0 ? 'Conversations' : `Conversations, ${count} waiting for you`
  return (
    <IconButton label={label} onClick={open} className="relative md:hidden">
      <MenuIcon />
      {count === 0 ? null : (
        <span
          aria-hidden="true"
          className="absolute top-1.5 right-1 size-2 rounded-full bg-accent"
        />
      )}
    </IconButton>
  )
}
