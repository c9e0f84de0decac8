import { useEffect, useRef, type ReactNode } from 'react'

interface DialogProps {
  label: string
  onClose: () => void
  children: ReactNode
  shape?: keyof typeof SHAPES
  veil?: keyof typeof VEILS
}

const WINDOW = 'max-h-[min(85dvh,48rem)] rounded-xl border bg-paper'

const SHAPES = {
  /** For a question. */
  small: `${WINDOW} m-auto w-[min(26rem,calc(100vw-2rem))]`,
  /** Near the top, for things that are typed into. */
  search: `${WINDOW} mx-auto mt-[12dvh] mb-auto w-[min(36rem,calc(100vw-2rem))]`,
  /** For something to read. */
  wide: `${WINDOW} m-auto w-[min(40rem,calc(100vw-2rem))]`,
  /** For a form with columns. */
  broad: `${WINDOW} m-auto w-[min(56rem,calc(100vw-1.5rem))]`,
  /** Along the left edge. */
  drawer: 'm-0 h-dvh max-h-none w-[min(18.5rem,86vw)] border-r bg-side',
}

/** What becomes of the page behind it. */
const VEILS = {
  dimmed: '',
  /** Nobody reads it. */
  blurred: 'backdrop:backdrop-blur-lg',
  /** Nothing of it is seen. */
  hidden: 'backdrop:bg-paper',
}

/** A modal window: keeps the focus inside and gives it back. Mounted means open. */
export function Dialog({
  label,
  onClose,
  children,
  shape = 'small',
  veil = 'dimmed',
}: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const element = dialog.current
    const before = document.activeElement
    element?.showModal()
    element?.querySelector<HTMLElement>('[data-first-focus]')?.focus()
    return () => {
      element?.close()
      // The browser gives the focus back only when a dialog closes while it still stands in the page.
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true })
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      aria-label={label}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onMouseDown={(event) => {
        if (event.target === event.currentTarget) onClose()
      }}
      className={`appear overflow-hidden border-line p-0 shadow-float ${SHAPES[shape]} ${VEILS[veil]}`}
    >
      {children}
    </dialog>
  )
}
