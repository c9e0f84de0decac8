import { createContext, use } from 'react'

import { IconButton } from './button.tsx'
import { MenuIcon } from './icons.tsx'

/** Opens the list of conversations. */
export const DrawerContext = createContext<() => void>(() => undefined)

/** Shown where there is no room for the list of conversations. */
export function DrawerButton() {
  const open = use(DrawerContext)
  return (
    <IconButton label="Conversations" onClick={open} className="md:hidden">
      <MenuIcon />
    </IconButton>
  )
}
