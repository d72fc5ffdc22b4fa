// A small map with one mark to drag: an open amber ring for the centre of a ward, a solid pin for a place a person chose.
import type { LeafletEvent } from 'leaflet'
import type { Label } from '../../lib/address/reading.ts'
import { AMBER, close, L, outlineOn, Scale, TEAL } from './leaflet.ts'

interface Circle {
  lat: number
  lon: number
  accuracy_m: number
}
/** What is shown: a circle that holds the address, whether its middle is a door (`exact`) or only a centre, and its ward. */
export interface Shown extends Circle {
  exact: boolean
  ward: Circle | null
}

export interface PinMap {
  show(at: Shown): void
  labels(around: readonly Label[]): void
  outline(topology: unknown): void
  say(handle: string): void
  zoom(by: number): void
  close(): void
}

const METRES_A_DEGREE = 111_195
/** A confirmed pin is worth this much, however near somebody zoomed. */
const BEST_M = 30
/** How many points of the screen a finger is off. */
const FINGER = 8
const STEPS: Record<string, readonly [north: number, east: number]> = { ArrowUp: [1, 0], ArrowDown: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] }

const SVG = 'http://www.w3.org/2000/svg'

function shape(tag: string, given: Record<string, string>): SVGElement {
  const node = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(given)) node.setAttribute(name, value)
  return node
}

/** The mark, drawn without HTML from text. Its foot is at the middle of its box, so that the ring and the pin stand alike. */
function mark(exact: boolean): HTMLElement {
  const box = document.createElement('span')
  const svg = shape('svg', { viewBox: '0 0 44 44', width: '44', height: '44', 'aria-hidden': 'true' })
  if (exact) {
    svg.append(
      shape('path', { d: 'M22 22c-5-6-9-9.5-9-14a9 9 0 0 1 18 0c0 4.5-4 8-9 14Z', fill: TEAL, stroke: '#fff', 'stroke-width': '2' }),
      shape('circle', { cx: '22', cy: '8', r: '3.5', fill: '#fff' }),
    )
  } else {
    svg.append(
      shape('circle', { cx: '22', cy: '22', r: '15', fill: '#fff', 'fill-opacity': '0.7', stroke: AMBER, 'stroke-width': '3', 'stroke-dasharray': '5 4' }),
      shape('path', { d: 'M22 15v14M15 22h14M22 15l-2.5 3M22 15l2.5 3M22 29l-2.5-3M22 29l2.5-3M15 22l3-2.5M15 22l3 2.5M29 22l-3-2.5M29 22l-3 2.5', stroke: AMBER, 'stroke-width': '2', fill: 'none' }),
    )
  }
  box.append(svg)
  return box
}

export function openPin(node: HTMLElement, first: Shown, handle: string, moved: (lat: number, lon: number, accuracy_m: number) => void): PinMap {
  // The wheel scrolls the form; arrow keys move the mark, not the map.
  const map = L.map(node, { zoomControl: false, attributionControl: false, keyboard: false, scrollWheelZoom: false, minZoom: 5, maxZoom: 19, zoomSnap: 0.5 })
  let shown = first
  // The ward stays in sight round a pin, to see how far one went.
  const ward = L.circle([first.lat, first.lon], { radius: first.accuracy_m, interactive: false, color: AMBER, weight: 2, dashArray: '6 5', fillColor: AMBER, fillOpacity: 0.1 })
  const ring = L.circle([first.lat, first.lon], { radius: first.accuracy_m, interactive: false, color: TEAL, weight: 1, fillColor: TEAL, fillOpacity: 0.15 })
  const names = L.layerGroup().addTo(map)
  const pin = L.marker([first.lat, first.lon], { draggable: true, autoPan: true, keyboard: true, zIndexOffset: 1000 })
  new Scale({ imperial: false, position: 'bottomleft' }).addTo(map)

  const view = () => (shown.exact ? map.setView([shown.lat, shown.lon], Math.max(16, map.getZoom() || 0)) : map.fitBounds(L.latLng(shown.lat, shown.lon).toBounds(2 * shown.accuracy_m), { maxZoom: 16 }))
  const metresAPoint = () => (40_075_017 * Math.cos((shown.lat * Math.PI) / 180)) / 2 ** (map.getZoom() + 8)
  const accuracy = () => Math.max(BEST_M, Math.round(FINGER * metresAPoint()))
  const icon = () => L.divIcon({ html: mark(shown.exact), className: 'tuyen-pin', iconSize: [44, 44], iconAnchor: [22, 22] })

  const place = (circle: typeof ring, at: Circle | null) => (at ? circle.setLatLng([at.lat, at.lon]).setRadius(at.accuracy_m).addTo(map) : circle.remove())
  function draw() {
    place(ward, shown.ward)
    place(ring, shown.exact ? shown : null)
    pin.setLatLng([shown.lat, shown.lon])
  }
  function label() {
    const element = pin.getElement()
    element?.setAttribute('aria-label', handle)
    element?.setAttribute('data-grade', shown.exact ? 'pin' : 'ward')
  }
  function dress() {
    pin.setIcon(icon())
    label()
  }
  function step(event: KeyboardEvent) {
    const way = STEPS[event.key]
    if (!way) return
    event.preventDefault()
    event.stopPropagation()
    const metres = event.shiftKey ? 100 : 10
    const lat = shown.lat + (way[0] * metres) / METRES_A_DEGREE
    const lon = shown.lon + (way[1] * metres) / (METRES_A_DEGREE * Math.cos((shown.lat * Math.PI) / 180))
    moved(lat, lon, accuracy())
    if (!map.getBounds().pad(-0.1).contains([lat, lon])) map.panTo([lat, lon])
  }

  view()
  pin.setIcon(icon()).addTo(map)
  draw()
  label()
  node.addEventListener('keydown', step)
  pin.on('drag', (event: LeafletEvent) => ring.setLatLng((event.target as typeof pin).getLatLng()))
  pin.on('dragend', () => {
    const { lat, lng } = pin.getLatLng()
    moved(lat, lng, accuracy())
  })
  const watcher = new ResizeObserver(() => map.invalidateSize())
  watcher.observe(node)

  return {
    show(at) {
      const before = shown
      shown = at
      draw()
      if (before.exact !== at.exact) {
        // A new icon is a new element: who moved it by keyboard stays on it.
        const focused = pin.getElement() === document.activeElement
        dress()
        if (focused) pin.getElement()?.focus()
      }
      if (!map.getBounds().contains([at.lat, at.lon]) || (!at.exact && (before.lat !== at.lat || before.lon !== at.lon))) view()
    },
    labels(around) {
      names.clearLayers()
      for (const one of around) {
        const html = document.createElement('span')
        html.textContent = one.name
        html.className = 'block w-32 -translate-x-1/2 translate-y-4 text-center text-xs leading-tight text-soft'
        L.marker([one.lat, one.lon], { icon: L.divIcon({ html, className: '', iconSize: [0, 0] }), interactive: false, keyboard: false }).addTo(names)
      }
    },
    outline: (topology) => outlineOn(map, topology),
    say(text) {
      handle = text
      label()
    },
    zoom: (by) => void map.setZoom(map.getZoom() + by),
    close() {
      watcher.disconnect()
      node.removeEventListener('keydown', step)
      close(map)
    },
  }
}
