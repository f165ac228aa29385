import { render } from 'preact';
import '../ui/theme.css';
import './viewer.css';
import { WatchModel } from '../session/watch-model.ts';
import { Viewer } from './viewer.tsx';

const model = new WatchModel({ forever: false });
const root = document.getElementById('app');
if (root) render(<Viewer model={model} />, root);
model.open();
