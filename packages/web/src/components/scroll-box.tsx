import { useEffect, useState, type CSSProperties, type ReactNode } from 'react'

interface ScrollBoxProps {
  /** What scrolls, for whoever reaches it by keyboard. */
  label: string
  /** It scrolls up and down too, so that it is reached even where nothing is too wide. */
  always?: boolean
  className?: string
  children: ReactNode
}

/** Of the width of a box; a first column that takes more would leave too little for the others. */
const HELD_MOST = 0.45

/**
 * What is wider than its place scrolls within it; a shade at an edge says that there is more. The first
 * column of a table stays, so that a number far to the right still says of what it is.
 */
export function ScrollBox({ label, always = false, className = '', children }: ScrollBoxProps) {
  const [box, setBox] = useState<HTMLElement | null>(null)
  const [edges, setEdges] = useState({ left: false, right: false, held: 0 })
  useEffect(() => {
    if (!box) return undefined
    const look = () => {
      const left = box.scrollLeft > 1
      const right = box.scrollLeft + box.clientWidth < box.scrollWidth - 1
      const first = left || right ? box.querySelector<HTMLElement>('tr > :first-child') : null
      const width = first?.offsetWidth ?? 0
      const held = width <= box.clientWidth * HELD_MOST ? width : 0
      setEdges((now) =>
        now.left === left && now.right === right && now.held === held ? now : { left, right, held },
      )
    }
    const observer = new ResizeObserver(look)
    observer.observe(box)
    if (box.firstElementChild) observer.observe(box.firstElementChild)
    box.addEventListener('scroll', look, { passive: true })
    return () => {
      observer.disconnect()
      box.removeEventListener('scroll', look)
    }
  }, [box])
  const isWide = edges.left || edges.right
  return (
    <div
      className="scroll-box"
      data-left={edges.left}
      data-right={edges.right}
      data-held={edges.held > 0}
      style={{ '--held': `${edges.held}px` } as CSSProperties}
    >
      <div
        ref={setBox}
        className={`overflow-x-auto print:overflow-visible ${className}`}
        {...((always || isWide) && { tabIndex: 0, role: 'region', 'aria-label': label })}
      >
        {children}
      </div>
    </div>
  )
}
