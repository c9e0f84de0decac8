import './markdown.css'
import { Link } from '@tanstack/react-router'
import {
  createElement,
  isValidElement,
  memo,
  useRef,
  type ComponentProps,
  type ReactNode,
} from 'react'
import { Streamdown, type Components, type ExtraProps } from 'streamdown'

import { pathInApp } from '../live/addresses.ts'
import { pageOfApiPath } from '../timeline/page-paths.ts'
import { isShort } from '../timeline/result-view.ts'
import { segmentsOf } from '../timeline/segments.ts'
import { CopyButton } from './copy-button.tsx'
import { ExternalIcon, ImageIcon } from './icons.tsx'
import { rehypeNumbers } from './rehype-numbers.ts'
import { ScrollBox } from './scroll-box.tsx'

const OPENABLE = new Set(['http:', 'https:', 'mailto:'])

/** Where an address of a model's text leads; null when it must not be opened. */
function addressOf(href: string | undefined): { url: URL; path: string | null } | null {
  if (!href) return null
  try {
    const url = new URL(href, location.origin)
    if (!OPENABLE.has(url.protocol)) return null
    const isHere = url.origin === location.origin
    return { url, path: (isHere ? pageOfApiPath(url.pathname) : null) ?? pathInApp(url) }
  } catch {
    return null
  }
}

const textIn = (node: ReactNode): string => {
  if (typeof node === 'string' || typeof node === 'number') return String(node)
  if (Array.isArray(node)) return node.map(textIn).join('')
  if (isValidElement<{ children?: ReactNode }>(node)) return textIn(node.props.children)
  return ''
}

const placeOf = (url: URL): string =>
  url.protocol === 'mailto:' ? url.pathname : url.host.replace(/^www\./, '')

function Anchor({ href, children }: ComponentProps<'a'> & ExtraProps) {
  const address = addressOf(href)
  if (!address) return <span>{children}</span>
  const { url, path } = address
  if (path !== null) return <Link to={path}>{children}</Link>
  const place = placeOf(url)
  return (
    <a href={url.href} target="_blank" rel="noopener noreferrer nofollow" title={url.href}>
      {children}
      {textIn(children).includes(place) ? null : <span className="place"> {place}</span>}
      <ExternalIcon size={12} className="ml-0.5 inline align-baseline" />
    </a>
  )
}

/** A remote image would tell its host who reads this: it is a link, and never loads by itself. */
function Picture({ src, alt }: ComponentProps<'img'> & ExtraProps) {
  const address = addressOf(typeof src === 'string' ? src : undefined)
  const name = alt === undefined || alt === '' ? 'Image' : `Image: ${alt}`
  if (!address) return <span className="picture">{name}</span>
  return (
    <a
      className="picture"
      href={address.url.href}
      target="_blank"
      rel="noopener noreferrer nofollow"
      title={address.url.href}
    >
      <ImageIcon size={15} />
      {name}
      <span className="place">{placeOf(address.url)}</span>
    </a>
  )
}

function Block({ children }: ComponentProps<'pre'> & ExtraProps) {
  const box = useRef<HTMLPreElement>(null)
  const child = isValidElement<{ className?: string }>(children) ? children : null
  const language = /language-(\S+)/.exec(child?.props.className ?? '')?.[1]
  return (
    <div className="code">
      <div className="bar">
        <span>{language ?? 'text'}</span>
        <CopyButton label="Copy code" text={() => box.current?.textContent ?? ''} />
      </div>
      <pre ref={box} tabIndex={0}>
        {children}
      </pre>
    </div>
  )
}

type Children = ExtraProps & { children?: ReactNode }

type Tag = 'code' | 'p' | 'ul' | 'ol' | 'li' | 'strong' | 'blockquote' | 'h3' | 'h4' | 'h5' | 'h6'

/** The bare element: how it looks stands in the style sheet, and nothing else passes. */
const plain =
  (tag: Tag) =>
  ({ children, className }: Children & { className?: string }) =>
    createElement(tag, { className }, children)

type CellProps = ComponentProps<'td'> & ExtraProps

const alignOf = ({ style }: CellProps) =>
  style?.textAlign ? { textAlign: style.textAlign } : undefined

function Table({ children }: ComponentProps<'table'> & ExtraProps) {
  return (
    <ScrollBox label="Table">
      <table>{children}</table>
    </ScrollBox>
  )
}

/** Headings of an answer begin below those of the page. */
const COMPONENTS: Components = {
  a: Anchor,
  img: Picture,
  pre: Block,
  code: plain('code'),
  inlineCode: plain('code'),
  p: plain('p'),
  ul: plain('ul'),
  ol: plain('ol'),
  li: plain('li'),
  strong: plain('strong'),
  blockquote: plain('blockquote'),
  hr: () => <hr />,
  input: ({ checked }) => (
    <input type="checkbox" disabled checked={checked} aria-label={checked ? 'done' : 'open'} />
  ),
  h1: plain('h3'),
  h2: plain('h3'),
  h3: plain('h4'),
  h4: plain('h5'),
  h5: plain('h6'),
  h6: plain('h6'),
  table: Table,
  thead: ({ children }) => <thead>{children}</thead>,
  tbody: ({ children }) => <tbody>{children}</tbody>,
  tr: ({ children }) => <tr>{children}</tr>,
  td: (props: CellProps) => (
    <td style={alignOf(props)} className={isShort(textIn(props.children)) ? 'short' : ''}>
      {props.children}
    </td>
  ),
  th: (props: CellProps) => <th style={alignOf(props)}>{props.children}</th>,
}

const Segment = memo(function Segment({ text, streaming }: { text: string; streaming: boolean }) {
  return (
    <Streamdown
      className="markdown"
      components={COMPONENTS}
      rehypePlugins={PLUGINS}
      controls={false}
      parseIncompleteMarkdown={streaming}
    >
      {text}
    </Streamdown>
  )
})

export function RenderedMarkdown({ text, streaming }: { text: string; streaming: boolean }) {
  const segments = segmentsOf(text)
  return (
    <div className="segments">
      {segments.map((segment, index) => (
        <Segment
          // A segment never moves: what is cut off stays where it is.
          key={index}
          text={segment}
          streaming={streaming && index === segments.length - 1}
        />
      ))}
    </div>
  )
}

/** In place of those that read HTML: it stays text, which is all it may be here. */
const PLUGINS = [rehypeNumbers]
