import { useLayoutEffect, useRef, type FocusEvent } from 'react'

const OPEN = '[data-decision]'

const isThere = (each: HTMLElement): boolean => each.isConnected

/** The decision after the place of one that is gone, else any other, else where one writes. */
function nextPlace(decisions: readonly HTMLElement[], index: number): HTMLElement | null {
  const after = decisions.slice(index + 1).find(isThere)
  const composer = document.querySelector<HTMLElement>('form[aria-label="Message"] textarea')
  return (
    after ?? decisions.find(isThere) ?? composer ?? document.querySelector<HTMLElement>('#main')
  )
}

/**
 * Attributes of a card that goes once it is answered: whoever answered it by the keyboard goes on at
 * the next card, or where they write. That card is focused whole: an Enter too many answers nothing.
 */
export function useFocusAfter() {
  const card = useRef<HTMLElement>(null)
  const hasFocus = useRef(false)
  useLayoutEffect(() => {
    const left = card.current
    return () => {
      if (!left || !hasFocus.current) return
      const decisions = [...document.querySelectorAll<HTMLElement>(OPEN)]
      const index = decisions.indexOf(left)
      queueMicrotask(() => {
        const isLost = document.activeElement === document.body || !document.activeElement
        if (!left.isConnected && isLost) nextPlace(decisions, index)?.focus()
      })
    }
  }, [])
  return {
    ref: card,
    onFocus: () => {
      hasFocus.current = true
    },
    // A button that is busy loses the focus to nothing: it is still the card's.
    onBlur: ({ relatedTarget }: FocusEvent) => {
      if (relatedTarget !== null && !card.current?.contains(relatedTarget)) hasFocus.current = false
    },
  }
}
