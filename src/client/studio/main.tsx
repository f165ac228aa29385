import { render } from 'preact';
import '../ui/theme.css';
import './studio.css';
import { App } from './app.tsx';
import { StudioModel } from './studio-model.ts';

const studio = new StudioModel();
const root = document.getElementById('app');
if (root) render(<App studio={studio} />, root);
studio.open();
addEventListener('pagehide', (event) => {
  // A page put aside for "back" may come again as it was.
  if (!event.persisted) studio.stopLocally();
});
