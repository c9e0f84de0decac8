import type { MoreAgents, OwnAgentFile } from '@netra/client'

import { WarningIcon } from '../../../components/icons.tsx'
import { Badge } from '../section.tsx'

/** The files of the folder of agents, with what is wrong in those that are none. */
export function OwnAgents({ own: { folder, files } }: { own: MoreAgents['own'] }) {
  if (folder === null) {
    return (
      <p className="text-muted">
        There is no folder yet: make <code className="font-mono text-sm">agents</code> where Netra
        is started, or name one with <code className="font-mono text-sm">NETRA_AGENTS_DIR</code>.
        Once it is there, restart Netra.
      </p>
    )
  }
  return (
    <>
      <p className="mb-3 font-mono text-xs text-muted wrap-anywhere">{folder}</p>
      {files.length === 0 ? (
        <p className="text-muted">It holds no agent yet: one Markdown file makes one.</p>
      ) : (
        <ul className="divide-y divide-line border-y border-line">
          {files.map((file) => (
            <File key={file.file} file={file} />
          ))}
        </ul>
      )}
    </>
  )
}

function File({ file: { file, name, description, status, problems } }: { file: OwnAgentFile }) {
  return (
    <li className="py-3">
      <div className="flex flex-wrap items-baseline gap-x-2.5 gap-y-1">
        {name === null ? null : <h3 className="min-w-0 font-medium wrap-anywhere">{name}</h3>}
        <span className="min-w-0 font-mono text-xs text-muted wrap-anywhere">{file}</span>
        {status === 'ready' ? null : <Badge tone="warn">broken</Badge>}
      </div>
      {description === null ? null : (
        <p className="mt-0.5 text-sm text-soft wrap-anywhere">{description}</p>
      )}
      {status === 'previous' ? (
        <p className="mt-1 text-sm text-muted">Its last version that was whole still answers.</p>
      ) : null}
      {problems.length > 0 ? (
        <ul className="mt-1.5 space-y-1 text-sm text-danger">
          {problems.map(({ line, field, message }) => (
            <li key={`${line} ${field} ${message}`} className="flex items-start gap-2">
              <WarningIcon size={14} className="mt-1 shrink-0" />
              <span className="min-w-0 flex-1 wrap-anywhere">
                {line === null ? null : <span className="figures">Line {line}: </span>}
                {field === null ? null : <code className="font-mono text-xs">{field}</code>}{' '}
                {message}
              </span>
            </li>
          ))}
        </ul>
      ) : null}
    </li>
  )
}
