const isApple = /Mac|iPhone|iPad/.test(navigator.platform)

/** How the quick switcher is opened, as it is written on this machine's keyboard. */
export const SHORTCUT = isApple ? '⌘K' : 'Ctrl K'

export const isSwitcherShortcut = (event: KeyboardEvent): boolean =>
  event.key.toLowerCase() === 'k' && (isApple ? event.metaKey : event.ctrlKey) && !event.shiftKey
