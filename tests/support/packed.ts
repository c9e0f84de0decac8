import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PACK = ['--disable-warning=ExperimentalWarning', join(ROOT, 'scripts/pack.mjs')]

/** @throws with what it printed. */
export function mustRun(command: string, args: readonly string[], cwd?: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    ...(cwd !== undefined && { cwd }),
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error ?? stdout + stderr}`)
  return stdout
}

/** Makes the tarball of this tree and unpacks it into a folder of its own, outside the tree. */
export function packAndUnpack(): { folder: string; tarball: string; bin: string } {
  const folder = mkdtempSync(join(tmpdir(), 'netra-packed-'))
  const tarball = mustRun(process.execPath, [...PACK, folder]).trim()
  mustRun('tar', ['xzf', tarball, '-C', folder])
  const unpacked = join(folder, 'package')
  return { folder: unpacked, tarball, bin: join(unpacked, 'packages/server/bin/netra.mjs') }
}

/**
 * Lays beside it what its own lock file names, from this tree's node_modules: as `npm ci` does, but
 * from the disk. Of packages for other systems there is none.
 */
export function layDependencies(folder: string): string[] {
  const lock = JSON.parse(readFileSync(join(folder, 'npm-shrinkwrap.json'), 'utf8')) as {
    packages: Record<string, { optional?: boolean }>
  }
  const laid: string[] = []
  for (const [path, { optional }] of Object.entries(lock.packages)) {
    if (path === '') continue
    const from = [join(ROOT, 'packages/server', path), join(ROOT, path)].find((one) =>
      existsSync(one),
    )
    if (from === undefined && optional) continue
    if (from === undefined) throw new Error(`${path} is locked, but not installed`)
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    mustRun('cp', ['-rL', from, join(folder, path)])
    laid.push(path.replace(/^.*node_modules\//, ''))
  }
  return laid
}
