import { lazy, memo, Suspense, useDeferredValue } from 'react'

const load = () =>
  import('./rendered-markdown.tsx').then((module) => ({ default: module.RenderedMarkdown }))

const Rendered = lazy(load)

/** Fetches the renderer before the first answer needs it. */
export function preloadMarkdown(): void {
  // What fails here is tried again, and shown, when it is needed.
  load().catch(() => undefined)
}

/** Holds the place of a finished text; one that streams is read as it comes. */
function Plain({ text, isShown }: { text: string; isShown: boolean }) {
  return (
    <div className={`whitespace-pre-wrap wrap-anywhere ${isShown ? '' : 'invisible'}`}>{text}</div>
  )
}

/** A model's text: nothing in it is ever taken for HTML, and no address in it is opened by itself. */
export const Markdown = memo(function Markdown({
  text,
  streaming,
}: {
  text: string
  streaming: boolean
}) {
  const deferred = useDeferredValue(text)
  // What has ended is whole on the screen when it is said to have ended.
  const shown = streaming ? deferred : text
  return (
    <Suspense fallback={<Plain text={shown} isShown={streaming} />}>
      <Rendered text={shown} streaming={streaming} />
    </Suspense>
  )
})
