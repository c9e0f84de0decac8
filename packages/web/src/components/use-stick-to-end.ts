import { useCallback, useEffect, useRef, useState } from 'react'

const NEAR_PX = 64
/** Above the beginning of an answer that is longer than the view. */
const AIR_PX = 12
/** What a person just opened grows where it is, instead of being scrolled away. */
const HELD_MS = 400

/**
 * `rest`: the view follows what grows until the beginning of the newest answer has come to its top:
 * who reads begins there. `end`: the person went to the end, and stays there. `free`: somewhere else.
 */
type Hold = 'rest' | 'end' | 'free'

const endOf = (scroller: HTMLElement): number => scroller.scrollHeight - scroller.clientHeight

/** Where the view comes to rest: at the end, but not beyond the beginning of the newest answer. */
function restOf(scroller: HTMLElement, content: HTMLElement): number {
  const end = endOf(scroller)
  const beginning = content.querySelector('[data-turns] > :last-child [data-rest]')
  if (!beginning) return end
  const below = beginning.getBoundingClientRect().top - scroller.getBoundingClientRect().top
  return Math.max(0, Math.min(end, scroller.scrollTop + below - AIR_PX))
}

/** Keeps a scrolled box at its end while it grows, until a long answer fills it or the person scrolls. */
export function useStickToEnd(key: string, isOn: boolean) {
  const [scroller, setScroller] = useState<HTMLElement | null>(null)
  const [content, setContent] = useState<HTMLElement | null>(null)
  const [isAway, setAway] = useState(false)
  const hold = useRef<Hold>('rest')
  const heldUntil = useRef(0)
  /** How far from the end the person was when more was asked for above. */
  const place = useRef<number | null>(null)
  const settle = useCallback(() => {
    if (!scroller || !content || hold.current === 'free') return
    const end = endOf(scroller)
    const target = hold.current === 'end' ? end : restOf(scroller, content)
    scroller.scrollTop = target
    setAway(end - target > 4 * NEAR_PX)
  }, [scroller, content])
  const holdAt = useCallback(
    (where: Hold) => {
      hold.current = where
      heldUntil.current = 0
      settle()
    },
    [settle],
  )
  const toEnd = useCallback(() => holdAt('end'), [holdAt])
  const toNewest = useCallback(() => holdAt('rest'), [holdAt])
  useEffect(() => {
    if (isOn) toNewest()
  }, [key, isOn, toNewest])
  useEffect(() => {
    if (!scroller || !content || !isOn) return undefined
    let top = scroller.scrollTop
    const look = () => {
      const distance = endOf(scroller) - scroller.scrollTop
      hold.current = distance < NEAR_PX ? 'end' : 'free'
      setAway(distance > 4 * NEAR_PX)
    }
    // A scroll event may come after more was added below: only a person scrolls up, or past the rest.
    const isPersons = (): boolean => {
      if (hold.current === 'free') return true
      const isUp = scroller.scrollTop < top
      if (hold.current === 'end') return isUp
      const distance = scroller.scrollTop - restOf(scroller, content)
      return distance > 2 || (isUp && distance < -2)
    }
    const onScroll = () => {
      const isTheirs = isPersons()
      top = scroller.scrollTop
      if (isTheirs) look()
    }
    const holdStill = () => {
      heldUntil.current = performance.now() + HELD_MS
    }
    const observer = new ResizeObserver(() => {
      if (place.current !== null && scroller.scrollHeight > place.current + scroller.scrollTop) {
        scroller.scrollTop = scroller.scrollHeight - place.current
        place.current = null
      } else if (performance.now() < heldUntil.current) look()
      else settle()
    })
    observer.observe(content)
    observer.observe(scroller)
    scroller.addEventListener('scroll', onScroll, { passive: true })
    content.addEventListener('click', holdStill)
    return () => {
      observer.disconnect()
      scroller.removeEventListener('scroll', onScroll)
      content.removeEventListener('click', holdStill)
    }
  }, [scroller, content, isOn, settle])
  /** What is added above next does not move what one reads. */
  const keepPlace = useCallback(() => {
    if (scroller) place.current = scroller.scrollHeight - scroller.scrollTop
  }, [scroller])
  return { setScroller, setContent, isAway, toEnd, toNewest, keepPlace }
}
