/** Entry of the console. The order matters: schemas must be built after code generation is switched off. */
import './client/no-code-generation.ts'
import { mount } from 'svelte'
import App from './App.svelte'
import { listenToMishaps } from './state/mishaps.svelte.ts'
import { startPreferences } from './state/preferences.svelte.ts'
import './styles/fonts.css'
import './styles/tokens.css'
import './styles/base.css'
import './styles/frame.css'
import './styles/frame-small.css'
import './styles/controls.css'
import './styles/content.css'
import './styles/marks.css'
import './styles/steps.css'

listenToMishaps()
startPreferences()
mount(App, { target: document.body })
// Stands in index.html for when this file does not run.
document.getElementById('unstarted')?.remove()
