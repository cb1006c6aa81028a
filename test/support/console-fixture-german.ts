/** German names of the plant on the screens; what stands under none of them was named once. */
import type { Translations } from '../../src-main/wire/languages.ts'

const german: Readonly<Record<string, string>> = {
  'Filler 1': 'Füller 1',
  'Filler 2': 'Füller 2',
  'Filler 3': 'Füller 3',
  Pasteuriser: 'Kurzzeiterhitzer',
  'Cold store': 'Kühllager',
  'Energy meter': 'Energiezähler',
  Checkweigher: 'Kontrollwaage',
  'Test vehicle': 'Testfahrzeug',
  Speed: 'Füllleistung',
  'Bowl pressure': 'Kesseldruck',
  'Product temperature': 'Produkttemperatur',
  'Capping torque': 'Verschließmoment',
  Inflow: 'Zulauf',
  'Holding temperature': 'Haltetemperatur',
  'Hot water': 'Heißwasser',
  'Product flow': 'Produktdurchfluss',
  'Pressure difference': 'Druckdifferenz',
  'Steam valve': 'Dampfventil',
  'Divert valve': 'Umlenkventil',
  'Warmest probe': 'Wärmster Fühler',
  'Probe, north wall': 'Fühler, Nordwand',
  'Probe, south wall': 'Fühler, Südwand',
  'Probe, door': 'Fühler, Tür',
  Humidity: 'Luftfeuchte',
  'Active power': 'Wirkleistung',
  'Active energy': 'Wirkarbeit',
  'Voltage L1': 'Spannung L1',
  'Net weight': 'Nettogewicht',
  Odometer: 'Kilometerstand',
}

/** Undefined for a name in one language, as for the auxiliary points. */
export function germanOf(name: string): Translations | undefined {
  const de = german[name]
  return de === undefined ? undefined : { de }
}
