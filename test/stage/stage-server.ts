/**
 * Serves the released console with the answers of one scene of the table: `/?place=trends&state=failed&language=de&palette=dark
 * &density=glove`, and at `/stage` the page on which a person picks one. Nothing of this is in the console's own bundle: the page
 * gets one script more (`page/stage.js`), which chooses language, palette and density, lets the seconds of a long wait pass quickly
 * and opens what the scene opens.
 */
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { securityHeaders } from '../../src-main/api/security-headers.ts'
import {
  built,
  type ConsoleFixture,
  type Host,
  type Room,
  roomFor,
  startConsoleFixture,
} from '../support/console-fixture.ts'
import { sceneOf, type Scene, scenes, stateNames, stages, type StateName } from './stage-table.ts'

const own = (name: string) => readFileSync(join(import.meta.dirname, 'page', name), 'utf8')

function sceneAsked(url: URL): Scene | null {
  const state = stateNames.find((name) => name === url.searchParams.get('state'))
  return state === undefined ? null : sceneOf(url.searchParams.get('place') ?? '', state)
}

/** The stage may show the console in a frame of its own page. */
function frameable(): Record<string, string> {
  const headers = securityHeaders('page')
  return {
    ...headers,
    'content-security-policy': (headers['content-security-policy'] ?? '').replace(
      "frame-ancestors 'none'",
      "frame-ancestors 'self'",
    ),
    'x-frame-options': 'SAMEORIGIN',
  }
}

function send(response: ServerResponse, type: string, body: string, more: Record<string, string> = {}): true {
  response.writeHead(200, { 'content-type': `${type}; charset=utf-8`, ...more }).end(body)
  return true
}

class StageHost implements Host {
  readonly #rooms = new Map<string, Room>()
  #opened = 0

  answer(_request: IncomingMessage, response: ServerResponse, url: URL): boolean {
    if (url.pathname === '/stage') return send(response, 'text/html', own('stage.html'))
    if (url.pathname === '/stage/choose.js') return send(response, 'text/javascript', chooser())
    if (url.pathname === '/stage/scene.js') {
      const scene = sceneAsked(url)
      return send(response, 'text/javascript', `globalThis.scene = ${JSON.stringify(scene)}\n${own('stage.js')}`)
    }
    const scene = url.pathname === '/' ? sceneAsked(url) : null
    if (scene === null) return false
    const room = `${++this.#opened}`
    this.#rooms.set(room, roomFor(scene.scenario, scene.person, scene.answers))
    const page = readFileSync(join(built, 'index.html'), 'utf8').replace(
      '<script type="module"',
      `<script src="./stage/scene.js?place=${scene.place}&amp;state=${scene.state}"></script><script type="module"`,
    )
    return send(response, 'text/html', page, { ...frameable(), 'set-cookie': `stage=${room}; Path=/` })
  }

  roomOf(request: IncomingMessage): Room | null {
    const room = /(?:^|; )stage=(\d+)/.exec(request.headers.cookie ?? '')?.[1]
    return (room !== undefined && this.#rooms.get(room)) || null
  }
}

/** The script of the page on which a person picks a scene. */
function chooser(): string {
  const known = Object.keys(stages).map((place) => ({
    place,
    states: scenes.filter((scene) => scene.place === place).map(({ state }) => state),
  }))
  return `globalThis.places = ${JSON.stringify(known)}\n${own('choose.js')}`
}

/** The address of a scene; language, palette and density as given. */
export function addressOf(url: string, place: string, state: StateName, kept: Record<string, string> = {}): string {
  return `${url}/?${new URLSearchParams({ place, state, ...kept }).toString()}`
}

export const startStage = (port = 0): Promise<ConsoleFixture> => startConsoleFixture('normal', port, new StageHost())
