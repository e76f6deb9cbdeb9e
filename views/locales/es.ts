import type { en } from './en.ts';

/** Every sentence that people read, in Spanish. A missing or misspelt key is a type error. */
export const es: Readonly<Record<keyof typeof en, string>> = {
  // The frame of every page
  'site.name': 'Certamen',
  'site.skip': 'Saltar al contenido',
  'nav.label': 'Principal',
  'nav.competitions': 'Competiciones',
  'nav.my_submissions': 'Mis envíos',
  'nav.account': 'Cuenta',
  'nav.admin': 'Administración',
  'nav.log_in': 'Entrar',
  'nav.sign_up': 'Crear cuenta',
  'nav.log_out': 'Salir',
  'nav.about': 'Por qué puedes fiarte',
  'footer.label': 'Sobre este sitio',
  'footer.line': 'Una puntuación sin su intervalo es solo medio número.',
  'footer.theme': 'Colores',
  'theme.auto': 'Los del dispositivo',
  'theme.light': 'Claros',
  'theme.dark': 'Oscuros',
  'language.label': 'Idioma',
  'language.en': 'English',
  'language.es': 'Español',
  'form.problem': 'Hay algo que revisar en el formulario. No se ha perdido nada.',
  'form.optional': 'opcional',
  'copy.button': 'Copiar',
  'copy.done': 'Copiado',

  // Words that several pages share
  'word.you': 'tú',
  'word.none': 'ninguno',
  'word.seconds': '{seconds} s',
  'word.lower_is_better': 'menos es mejor',
  'word.higher_is_better': 'más es mejor',
  'word.ranks_nothing': 'no ordena nada',
  'word.interval': 'intervalo del 95\u00a0%',

  // Metrics: name, one sentence, definition
  'metric.top1_error.short': 'Top-1',
  'metric.top1_error.sentence':
    'La proporción de imágenes de prueba cuya primera respuesta es incorrecta.',
  'metric.top5_error.short': 'Top-5',
  'metric.top5_error.sentence':
    'La proporción de imágenes de prueba cuya clase verdadera no está entre las cinco mejores respuestas.',
  'metric.interval_title': 'El intervalo',
  'metric.interval_items':
    'Un conjunto de prueba es una muestra: con otra, el mismo modelo sacaría un poco más o un poco menos. El intervalo del 95\u00a0% junto a la puntuación dice cuánto. Se remuestrean elementos enteros (aquí: {item}); cuando cada uno solo puede acertarse o fallarse, es el intervalo de Wilson.',
  'metric.interval_none':
    'Este valor no se compone de sumas sobre los elementos, así que se muestra sin intervalo.',
  'metric.range': 'Rango',
  'metric.range_value': 'de {low} a {high}',
  'metric.range_rate':
    'de {low} a {high} en los datos y en la API; las páginas muestran porcentajes',
  'metric.range_none': 'varios valores, no un solo número',
  'metric.direction': 'Sentido',
  'metric.better': 'mejor',
  'metric.aggregation': 'Cómo los elementos dan un solo número',
  'metric.undefined': 'sin definir',
  'metric.formula': 'Definición',
  'metric.edge_cases': 'Casos límite',
  'metric.source_title': 'Fuente',
  'metric.name_in_api': 'Nombre en los datos y en la API',
  'metric.compute': 'Calcúlala tú',
  'metric.compute_text':
    'El mismo código que ordena la clasificación responde en la línea de órdenes. docs/metrics.md, junto al código fuente, dice qué lee.',
  'metrics.title': 'Métricas',
  'metrics.lead':
    'Cada número de este sitio tiene una definición, un sentido y una regla para sus casos límite. Aquí están todas.',
  'metrics.search': 'Buscar',
  'metrics.search_hint': 'un nombre o una palabra de la definición',
  'metrics.domain': 'Ámbito',
  'metrics.all_domains': 'Todos los ámbitos',
  'metrics.show': 'Mostrar',
  'metrics.clear': 'Mostrar todas',
  'metrics.found.one': '{count} de {total} métricas',
  'metrics.found.other': '{count} de {total} métricas',
  'metrics.count.one': '{count} métrica',
  'metrics.count.other': '{count} métricas',
  'metrics.none_title': 'Ninguna métrica tiene todas esas palabras',
  'metrics.none': 'Prueba con menos palabras o con otro ámbito.',
  'metrics.metric': 'Métrica',
  'metrics.measures': 'Qué mide',
  'metrics.direction': 'Sentido',
  'metrics.range': 'Rango',
  'domain.classification': 'Clasificación',
  'domain.sequence': 'Secuencias',
  'domain.text': 'Texto y lenguaje',
  'domain.image': 'Imágenes',
  'domain.generation': 'Imágenes generadas',
  'domain.segmentation': 'Segmentación',
  'domain.detection': 'Detección',
  'domain.robustness': 'Robustez ante ataques',
  'domain.verification': 'Verificación',
  'domain.trajectory': 'Trayectorias',
  'domain.regression': 'Regresión',
  'domain.gesture': 'Gestos',
  'domain.anytime': 'Aprendizaje en todo momento',
  'domain.reinforcement': 'Aprendizaje por refuerzo',
  'domain.statistics': 'Estadística y publicación de puntuaciones',
  'unit.decibel': 'dB',
  'unit.bits': 'bits',
  'unit.points': 'puntos porcentuales',

  // Home
  'home.title': 'Competiciones',
  'home.headline': 'Entrena donde quieras. Aquí se mide.',
  'home.lead':
    'Sube un modelo. Se ejecuta con datos de prueba que nadie le ha enseñado y, en segundos, sabes lo bueno que es, cuánta certeza tiene ese número y en qué puesto queda.',
  'home.best': 'Lo mejor hasta ahora',
  'home.see_leaderboard': 'Ver la clasificación',
  'home.read_more': 'Leer la tarea',
  'home.no_competitions': 'Todavía no hay ninguna competición.',
  'home.no_competitions_next': 'Cuando alguien de la organización abra una, aparecerá aquí.',
  'home.how_title': 'Cómo funciona',
  'home.how_1_title': 'Exporta',
  'home.how_1_text':
    'Trae un modelo en ONNX o TensorFlow.js, o solo sus predicciones en CSV. Cada tarea incluye código de partida.',
  'home.how_2_title': 'Envía',
  'home.how_2_text':
    'Se ejecuta en una caja cerrada que tiene las imágenes y nunca las respuestas. Un fallo en el archivo se explica y corregirlo no cuesta nada.',
  'home.how_3_title': 'Compara',
  'home.how_3_text':
    'Cada puntuación lleva su intervalo del 95\u00a0%, así que una décima de suerte no pasa por un modelo mejor.',

  // Competition
  'competition.primary': 'Decide la clasificación.',
  'competition.tabs': 'Páginas de esta competición',
  'competition.overview': 'Tarea',
  'competition.leaderboard': 'Clasificación',
  'competition.submit': 'Enviar',
  'competition.submit_model': 'Enviar un modelo',
  'competition.what': 'La tarea',
  'competition.why': 'Cómo se te evalúa',
  'competition.data': 'Datos',
  'competition.rules': 'Reglas',
  'competition.dates': 'Fechas',
  'competition.starter': 'Código de partida',
  'competition.samples_alt': 'Dígitos manuscritos del conjunto de entrenamiento',
  'competition.samples_caption': 'Filas del conjunto de entrenamiento, tal como las ve el modelo',
  'competition.input': 'Entrada',
  'competition.output': 'Salida',
  'competition.output_value': 'una puntuación para cada una de las {classes} clases: {names}',
  'competition.input_value': '{dtype} {shape}, valores originales por {scale}',
  'competition.splits_caption': 'Los conjuntos de esta tarea',
  'competition.split': 'Conjunto',
  'competition.split_rows': 'Filas',
  'competition.split_share': 'Puedes descargar',
  'competition.split_use': 'Para qué sirve',
  'competition.share_download': 'entradas y respuestas',
  'competition.share_inputs': 'solo entradas',
  'competition.share_hidden': 'nada',
  'competition.use_train': 'Para entrenar y validar como quieras.',
  'competition.use_public': 'Se puntúa al momento; es la clasificación que ves.',
  'competition.use_private':
    'Se puntúa al momento y se muestra al cerrar la fase; decide la clasificación final.',
  'competition.use_other': 'No se puntúa en esta fase.',
  'competition.downloads': 'Descargas',
  'competition.holds_train-npz': 'imágenes y etiquetas para NumPy ({splits})',
  'competition.holds_images-idx': 'imágenes en el formato de MNIST ({splits})',
  'competition.holds_labels-idx': 'etiquetas en el formato de MNIST ({splits})',
  'competition.holds_inputs-npz': 'imágenes e ids de fila para NumPy ({splits})',
  'competition.holds_sample-csv':
    'un archivo de predicciones con la forma correcta, todas las clases igual de probables',
  'competition.licence': 'Licencia',
  'competition.credit': 'Autoría',
  'competition.accepts': 'Formatos',
  'competition.release': 'Qué puntuaciones ves',
  'competition.limits': 'Límites de una ejecución',
  'competition.limits_value':
    '{seconds} s de tiempo, {memory_mb} MiB de memoria, {artifact_mb} MiB de archivos',
  'competition.quota': 'Envíos',
  'competition.quota_value.one':
    '{count} al día, contado desde la medianoche UTC. Lo que falla antes de tocar los datos ocultos es gratis.',
  'competition.quota_value.other':
    '{count} al día, contados desde la medianoche UTC. Lo que falla antes de tocar los datos ocultos es gratis.',
  'competition.display_rule': 'En la clasificación',
  'competition.display_best': 'tu mejor envío',
  'competition.display_latest': 'tu envío más reciente',
  'competition.display_chosen': 'el envío que elijas',
  'competition.rule_hidden':
    'Las respuestas ocultas nunca entran en el proceso que ejecuta tu modelo.',
  'competition.rule_network':
    'El modelo se ejecuta sin red y no guarda nada para la siguiente ejecución.',
  'competition.starts': 'Empieza',
  'competition.ends': 'Termina',
  'competition.no_end': 'abierta, sin fecha de fin',
  'competition.private_reveal': 'Puntuaciones privadas',
  'competition.private_reveal_after': 'se muestran al terminar',
  'competition.private_revealed': 'visibles desde {date}',
  'competition.notice': 'Conviene saberlo',
  'competition.starter_lead':
    'Archivos completos que funcionan tal cual. Guarda uno, ejecútalo y envía lo que escriba.',
  'competition.download_file': 'Descargar {name}',
  'competition.starter_none': 'Esta tarea no trae código de partida.',
  'competition.time_left': 'quedan {time}',
  'competition.starts_in': 'empieza {time}',
  'competition.ended': 'terminó {time}',
  'competition.always_open': 'abierta, sin fecha de fin',

  // Lanes
  'lane.onnx': 'ONNX',
  'lane.tfjs': 'TensorFlow.js',
  'lane.javascript': 'JavaScript',
  'lane.python': 'Python',
  'lane.predictions': 'CSV de predicciones',
  'lane.onnx.detail': 'model.onnx, solo o con model.onnx.data',
  'lane.tfjs.detail': 'model.json y sus archivos de pesos, o un zip con ellos',
  'lane.javascript.detail': 'model.js, solo o con los pesos que ejecuta, o un zip con todo',
  'lane.python.detail': 'model.py',
  'lane.predictions.detail':
    'predictions.csv con una columna id y una etiqueta o una puntuación por clase',

  // Leaderboard
  'board.title': 'Clasificación',
  'board.caption':
    'Participantes de {competition}, fase {phase}, conjunto {split}, de mejor a peor',
  'board.phases': 'Fases',
  'board.splits': 'Conjuntos',
  'board.split_public': 'Conjunto público',
  'board.split_private': 'Conjunto privado',
  'board.whisker_help':
    'El punto es la puntuación y la línea, su intervalo del 95\u00a0%. Donde las líneas se solapan, el orden puede ser suerte.',
  'board.rank': 'Puesto',
  'board.entry': 'Participante',
  'board.submissions': 'Envíos',
  'board.last': 'Último',
  'board.baseline': 'modelo base',
  'board.reference': 'publicado',
  'board.unranked': 'sin puesto',
  'board.hide_others': 'Ocultar modelos base y resultados publicados',
  'board.show_others': 'Mostrar modelos base y resultados publicados',
  'board.you_are': 'Vas {rank} de {total}',
  'board.your_best': 'Tu puntuación',
  'board.jump': 'Ir a tu fila',
  'board.not_entered': 'Todavía no estás en esta clasificación.',
  'board.empty_title': 'La primera fila está libre',
  'board.empty':
    'Aún no se ha puntuado a nadie en este conjunto. Envía un modelo y aparecerá aquí en segundos.',
  'board.page': 'Página {page} de {pages}',
  'board.previous': 'Puestos anteriores',
  'board.next': 'Puestos siguientes',
  'board.pages': 'Páginas de la clasificación',
  'board.total.one': '{count} participante con puesto',
  'board.total.other': '{count} participantes con puesto',
  'board.medal_1': 'primero',
  'board.medal_2': 'segundo',
  'board.medal_3': 'tercero',
  'board.interval_text': 'de {low} a {high}',
  'board.reference_note':
    'Los resultados publicados los midieron otras personas con otros datos; están aquí para comparar la escala.',
  'board.api': 'Esta clasificación en JSON',
  'board.private_hidden_title': 'El conjunto privado sigue cerrado',
  'board.private_hidden':
    'Sus puntuaciones existen y nadie puede verlas, así que nadie puede ajustarse a ellas. Se muestran al terminar la fase.',
  'board.compare': 'Comparar',
  'board.compare_row': 'Comparar {name} con otro participante',
  'board.compare_link': '[[¿Es mejor un participante que otro, o es suerte?]]',
  'board.shakeup': '[[Puestos públicos y privados]]: quién subió y quién bajó.',
  'board.bracket_help':
    'Un corchete une a los participantes que una prueba pareada no consigue distinguir.',
  'board.rank_range': 'podría ser del {best} al {worst}',
  'board.ranges_title': 'Qué puestos son posibles',
  'board.ranges_help':
    'Con otros datos de prueba el orden cambiaría un poco. Estos son los puestos compatibles con las puntuaciones al 95\u00a0% para toda la clasificación; a los de un mismo grupo no se los puede distinguir.',
  'board.range': 'Podría ser',
  'board.group': 'Grupo',
  'board.disqualified': 'descalificado',
  'board.out': 'Fuera de la clasificación desde el {date}: {reason}',
  'board.mean_rank': 'Puesto medio',
  'board.order_mean_of_ranks': 'Ordena la media de los puestos en {metrics}.',
  'board.order_tie_breakers': 'Los empates se deciden por {metrics}.',
  'board.order_earlier_first': 'A igualdad, va primero el envío anterior.',
  'board.exact': 'exacta: {score}',

  // Cómo se publican las puntuaciones públicas
  'release.full': 'Las puntuaciones se muestran tal cual.',
  'release.rounded':
    'Las puntuaciones públicas se muestran redondeadas: bastan para ver si avanzas y no dejan deducir las respuestas.',
  'release.ladder':
    'Las puntuaciones públicas suben una escalera: la tuya solo cambia cuando un envío supera con claridad al mejor que tenías. Si no, vuelves a ver ese mejor, y así nadie se ajusta a la suerte.',
  'release.ladder-free':
    'Las puntuaciones públicas suben una escalera: la tuya solo cambia cuando un envío supera al mejor que tenías por más de lo que haría el azar. Si no, vuelves a ver ese mejor, y así nadie se ajusta a la suerte.',

  // ¿Es A mejor que B?
  'compare.title': 'Comparar dos participantes',
  'compare.metric': 'Métrica',
  'compare.split': 'Conjunto',
  'compare.button': 'Comparar',
  'compare.option': '{rank}. {name}',
  'compare.too_few_title': 'Todavía no hay qué comparar',
  'compare.too_few': 'Hacen falta dos participantes con puntuación. Envía un modelo y vuelve.',
  'compare.same_entry': 'A y B son el mismo participante.',
  'compare.same_entry_next': 'Elige dos distintos.',
  'compare.question': '¿Es {a} mejor que {b}?',
  'compare.answer_a-better': 'Sí',
  'compare.answer_b-better': 'No, es mejor {b}',
  'compare.answer_no-difference': 'Con estos datos no se puede saber',
  'compare.answer_identical': 'Ni uno ni otro: responden igual',
  'compare.same_answers':
    'En los {items} elementos, las respuestas de {a} y de {b} cuentan lo mismo. Nada de aquí los distingue.',
  'compare.same_score': 'En los mismos {items} elementos, los dos tienen la misma puntuación.',
  'compare.ahead': 'En los mismos {items} elementos, {ahead} aventaja a {behind} en {size}.',
  'compare.discordant':
    'Solo difieren donde acierta uno de los dos: solo {a}, {only_a} veces; solo {b}, {only_b} veces.',
  'compare.range_clear':
    'Medida con otros elementos como estos, la ventaja estaría seguramente entre {low} y {high}.',
  'compare.range_unclear':
    'Con otros elementos como estos, {ahead} podría aventajar hasta en {better}, o {behind} hasta en {worse}.',
  'compare.luck_clear':
    'Si los dos fueran igual de buenos, la suerte sola daría una diferencia así de grande {odds}.',
  'compare.luck_unclear':
    'Si los dos fueran igual de buenos, la suerte sola daría una diferencia así de grande {odds}: demasiadas para llamarlo prueba.',
  'compare.odds.one': 'más o menos una vez de cada {total}',
  'compare.odds.other': 'unas {count} veces de cada {total}',
  'compare.odds_below': 'menos de una vez de cada {total}',
  'compare.scores': 'Puntuaciones de los dos participantes',
  'compare.scores_help':
    'El punto es la puntuación; la línea, su intervalo del 95\u00a0%. Aunque las líneas se solapen, la diferencia puede ser clara, porque los dos vieron los mismos elementos.',
  'compare.letter': 'Letra',
  'compare.score': 'Puntuación',
  'compare.rank': 'puesto {rank}',
  'compare.gap': 'La diferencia',
  'compare.gap_in': 'La diferencia en {unit}',
  'compare.gap_help': 'Si la línea cruza el centro, no es seguro que ninguno sea mejor.',
  'compare.better_side': 'mejor {name}',
  'compare.gap_description':
    '{a} aventaja a {b} en {value}, intervalo del 95\u00a0% de {low} a {high}. Un valor negativo es desventaja.',
  'compare.numbers': 'Los números que hay detrás',
  'compare.fact_difference': 'Puntuación de A menos la de B',
  'compare.fact_interval': 'Intervalo del 95\u00a0%, bootstrap pareado',
  'compare.fact_p_value': 'Valor p, bilateral',
  'compare.fact_test': 'Prueba',
  'compare.fact_items': 'Elementos',
  'compare.test_mcnemar-exact': 'McNemar, exacta',
  'compare.test_approximate-randomisation': 'aleatorización aproximada, {replicates} sorteos',
  'compare.test_exact-randomisation': 'aleatorización, con todos los intercambios',
  'compare.one_pair':
    'Aquí se prueba una sola pareja al nivel del 5\u00a0%. La clasificación prueba muchas a la vez y es más estricta, así que dos participantes de un mismo corchete pueden diferir aquí.',
  'compare.back': 'Volver a la clasificación',

  // Del conjunto público al privado
  'shakeup.title': 'Puestos públicos y privados',
  'shakeup.help':
    'Las puntuaciones públicas se veían mientras se trabajaba; las privadas, no. Bajar puede significar que el modelo se ajustó al conjunto público, o pura suerte: los puestos cuyos intervalos se solapan cambiarían con otros datos.',
  'shakeup.moved': 'Suben {up}, bajan {down} y mantienen el puesto {same}.',
  'shakeup.farthest': 'El mayor salto: {name}, del {from} al {to}.',
  'shakeup.empty_title': 'Nadie tiene puesto en los dos conjuntos',
  'shakeup.empty':
    'El gráfico se hace con quienes tienen puntuación en el conjunto público y en el privado.',
  'shakeup.first_rows': 'Los primeros {shown} de {total} participantes.',
  'shakeup.drawn': 'Se dibujan los {shown} mejores por puesto privado; la tabla los tiene todos.',
  'shakeup.chart_description.one':
    'El puesto de {count} participante en los dos conjuntos; la tabla de abajo dice lo mismo.',
  'shakeup.chart_description.other':
    'Los puestos de {count} participantes en los dos conjuntos, unidos por líneas; la tabla de abajo dice lo mismo.',
  'shakeup.up.one': 'sube {count} puesto',
  'shakeup.up.other': 'sube {count} puestos',
  'shakeup.down.one': 'baja {count} puesto',
  'shakeup.down.other': 'baja {count} puestos',
  'shakeup.same': 'sin cambio',
  'shakeup.key_up': 'sube',
  'shakeup.key_down': 'baja',
  'shakeup.key_same': 'mantiene el puesto',
  'shakeup.table': 'Puestos y puntuaciones en los dos conjuntos',
  'shakeup.public_rank': 'Puesto público',
  'shakeup.private_rank': 'Puesto privado',
  'shakeup.change': 'Cambio',
  'shakeup.public_score': 'Puntuación pública',
  'shakeup.private_score': 'Puntuación privada',

  // Submit
  'submit.problem':
    'No se ha enviado nada: hay un campo que revisar, y hay que elegir los archivos de nuevo.',
  'submit.title': 'Enviar un modelo',
  'submit.drop': 'Suelta aquí los archivos de un modelo',
  'submit.drop_hint': 'o elígelos. Todos los archivos de un mismo modelo, juntos.',
  'submit.accepts': 'Se aceptan',
  'submit.size_cap': 'Hasta {mb} MiB en {files} archivos',
  'submit.note': 'Nota',
  'submit.note_hint': 'Para ti: ¿qué has cambiado? Solo la ven tú y la organización.',
  'submit.advanced': 'Cómo se le dan las imágenes',
  'submit.advanced_hint':
    'No toques nada si tu modelo recibe los valores originales por {scale}. Si no, cada valor será (original × escala − media) ÷ desviación.',
  'submit.layout': 'Disposición',
  'submit.layout_auto': 'La que indique el modelo',
  'submit.layout_nchw': 'Canales primero (N, C, H, W)',
  'submit.layout_nhwc': 'Canales al final (N, H, W, C)',
  'submit.scale': 'Escala',
  'submit.mean': 'Media',
  'submit.std': 'Desviación típica',
  'submit.list_hint': 'Un número, o uno por canal separados por comas.',
  'submit.button': 'Enviar',
  'submit.quota': 'Cuota',
  'submit.quota_left.one': 'Te queda {count} envío hoy',
  'submit.quota_left.other': 'Te quedan {count} envíos hoy',
  'submit.quota_none': 'Hoy no te quedan envíos',
  'submit.quota_of': '{used} de {limit} usados hoy',
  'submit.quota_refills': 'Se renueva',
  'submit.closed_title': 'Esta fase está cerrada',
  'submit.closed':
    'Terminó el {date}. Los envíos anteriores y la clasificación se pueden seguir leyendo.',
  'submit.not_started_title': 'Esta fase no ha empezado',
  'submit.not_started': 'Empieza el {date}.',
  'submit.log_in_title': 'Entra para enviar',
  'submit.log_in':
    'Para participar hace falta un nombre. Crear una cuenta lleva medio minuto y no se envía ningún correo.',
  'submit.mistakes': 'Tres errores frecuentes',
  'submit.mistake_1_title': 'Media exportación de PyTorch',
  'submit.mistake_1':
    'El exportador por defecto escribe model.onnx y model.onnx.data. Envía los dos.',
  'submit.mistake_2_title': 'Modo de entrenamiento',
  'submit.mistake_2':
    'Llama a model.eval() antes de exportar; si no, dropout y batch norm seguirán improvisando.',
  'submit.mistake_3_title': 'Otra escala',
  'submit.mistake_3':
    'Las imágenes llegan como valores originales por {scale}. Si normalizaste con una media y una desviación, indícalas en el formulario.',
  'submit.chosen': 'Elegidos: {names}, {size}',
  'submit.too_large': 'Estos archivos ocupan {size}; el máximo es {mb} MiB.',
  'submit.too_many': 'Son {count} archivos; el máximo es {limit}.',
  'submit.weights_refused':
    '{name} es un archivo propio de un framework. Expórtalo antes a ONNX o TensorFlow.js.',
  'submit.data_missing': '{name} viene sin su archivo .onnx.',
  'submit.sending': 'Enviando, {percent}\u00a0%',

  // Submission
  'submission.rank_line': '{rank} en la clasificación',
  'submission.of': 'Envío de {entry}',
  'submission.state.queued': 'en espera',
  'submission.state.running': 'en marcha',
  'submission.state.succeeded': 'puntuado',
  'submission.state.failed': 'fallido',
  'submission.state.cancelled': 'cancelado',
  'submission.trail': 'Qué ha pasado hasta ahora',
  'submission.event.received': 'Recibido',
  'submission.event.queued': 'En la cola',
  'submission.event.started': 'Iniciado',
  'submission.event.running': 'En marcha',
  'submission.progress': '{done} de {total} filas',
  'submission.event.succeeded': 'Puntuado',
  'submission.event.failed': 'Fallido',
  'submission.event.cancelled': 'Cancelado',
  'submission.event.retried': 'La plataforma falló y lo intenta de nuevo',
  'submission.event.other': 'Anotado',
  'submission.attempt': 'intento {attempt}',

  'submission.queue_position': '{position} en la cola',
  'submission.next_in_line': 'Es el siguiente',
  'submission.estimate': 'faltan unos {seconds} s',
  'submission.live': 'Esta página se actualiza sola.',
  'submission.interval_explained':
    'Con infinitas imágenes como estas, el error estaría muy probablemente entre {low} y {high}: los intervalos hechos así aciertan 95 de cada 100 veces.',
  'submission.errors_line': '{errors} de {rows} imágenes mal',
  'submission.rank_not_shown':
    'En la clasificación está un envío tuyo anterior; este no lo sustituye.',
  'submission.rank_shown': 'Este envío está en la clasificación.',
  'submission.baseline_unranked':
    'Un modelo base de la organización: en la clasificación, sin puesto.',
  'submission.other_scores': 'Todas las puntuaciones',
  'submission.scores_caption': 'Puntuaciones con intervalos del 95\u00a0%',
  'submission.metric': 'Métrica',
  'submission.value': 'Valor',
  'submission.private_hidden':
    'El conjunto privado también se ha puntuado. Sus puntuaciones se muestran al cerrar la fase.',
  'submission.confusion_title': 'Dónde se equivoca',
  'submission.confusion_caption':
    'Matriz de confusión en el conjunto {split}: las filas son las clases verdaderas y las columnas, las respuestas',
  'submission.confusion_true': 'clase verdadera',
  'submission.confusion_guess': 'respuesta',
  'submission.confusion_help':
    'Los aciertos están en la diagonal. Cuanto más intenso es el color de una celda, más veces se cometió ese error.',
  'submission.confused_title': 'Lo que más confunde',
  'submission.confused_pair': '{truth} tomado por {guess}',
  'submission.confused_times.one': '{count} vez',
  'submission.confused_times.other': '{count} veces',
  'submission.confused_none': 'Ni un solo error.',
  'submission.matrix_table': 'Lo mismo en una tabla',
  'submission.class_error': 'Errores',
  'submission.details': 'Detalles de la ejecución',
  'submission.engine': 'Motor',
  'submission.engine_value': '{name} {version} en {provider}',
  'submission.threads.one': '{count} hilo',
  'submission.threads.other': '{count} hilos',
  'submission.feed': 'Cómo se le dieron las imágenes',
  'submission.feed_default': 'sin indicaciones: la escala de la tarea y la disposición del modelo',
  'submission.isolation': 'Aislamiento',
  'submission.time': 'Tiempo',
  'submission.time_value': '{total} s, de ellos {predict} s en el modelo',
  'submission.memory': 'Memoria, máximo',
  'submission.files': 'Archivos',
  'submission.sha256': 'SHA-256 del conjunto',
  'submission.task_version': 'Versión de la tarea',
  'submission.receipt': 'Recibo',
  'submission.receipt_download': 'Descargar el recibo firmado',
  'submission.receipt_help':
    'Dice qué se ejecutó, con qué datos y cómo de aislado; cualquiera lo puede comprobar con certamen verify.',
  'submission.log': 'Lo que escribió la ejecución',
  'submission.log_help': 'Es texto del envío: no te fíes de él.',
  'submission.log_truncated': 'Escribió más; solo se guarda el principio.',
  'submission.note': 'Nota',
  'submission.failed_title': 'No ha obtenido puntuación',
  'submission.failed_system_title': 'El fallo es nuestro, no de tu modelo',
  'submission.failed_task_title': 'El fallo está en la tarea, no en tu modelo',
  'submission.expected': 'Se esperaba',
  'submission.received': 'Ha llegado',
  'submission.failure_caption': 'Lo esperado frente a lo recibido',
  'submission.next_step': 'Siguiente paso',
  'submission.code': 'Código',
  'submission.free': 'Este fallo no ha gastado cuota.',
  'submission.counted': 'Este envío ha contado en la cuota de su día.',
  'submission.again': 'Enviar de nuevo',
  'submission.cancel': 'Cancelarlo',
  'submission.cancelled_text': 'Se canceló antes de obtener puntuación.',
  'submission.see_board': 'Ver la clasificación',

  'admin.title': 'Administración',
  'admin.evaluations': 'Evaluaciones',
  'admin.queued': 'En espera',
  'admin.running': 'En marcha',
  'admin.succeeded': 'Puntuadas en un día',
  'admin.failed': 'Fallidas en un día',
  'admin.failed_by_us': 'De ellas, por culpa de la plataforma',
  'admin.workers': 'Procesos evaluadores',
  'admin.worker': 'Evaluador, proceso {pid}',
  'admin.no_workers': 'No se sabe de ningún evaluador desde hace un rato: los envíos esperan.',
  'admin.started': 'Arrancó',
  'admin.seen': 'Última señal',
  'admin.self_test': 'Autoprueba del aislamiento',
  'admin.no_self_test': 'No se hizo ninguna.',
  'admin.checks_held': 'Aguantan {held} de {all} comprobaciones',
  'admin.checks_caption': 'Lo que encontró la autoprueba del aislamiento',
  'admin.check': 'Comprobación',
  'admin.result': 'Resultado',
  'admin.found': 'Lo que se vio',
  'admin.holds': 'aguanta',
  'admin.open': 'abierto',
  'admin.receipts': 'Recibos',
  'admin.key': 'Se firman con la clave',
  'admin.keys': 'Todas las claves públicas',
  'check.bubblewrap': 'bubblewrap',
  'check.cgroups': 'Grupos de control',
  'check.namespaces': 'Espacios de nombres',
  'check.capabilities': 'Privilegios del núcleo',
  'check.filter': 'Filtro de llamadas al sistema',
  'check.user': 'Usuario',
  'check.end': 'Fin de la ejecución',
  'check.network': 'Red',
  'check.files': 'Archivos de la máquina',
  'check.writing': 'Escritura',
  'check.descriptors': 'Descriptores abiertos',
  'check.environment': 'Variables de entorno',
  'check.processes': 'Otros programas',
  'check.system-calls': 'Llamadas al sistema directas',
  'check.threads': 'Hilos',
  'check.memory': 'Memoria',
  'check.python': 'Python',
  'isolation.full': 'completo',
  'isolation.partial': 'parcial',
  'isolation.process': 'proceso',
  'isolation.full.meaning':
    'Espacios de nombres, un filtro de llamadas al sistema y un usuario sin privilegios, con topes de memoria y procesos. Sin red y sin más archivos que los suyos.',
  'isolation.partial.meaning':
    'Espacios de nombres, un filtro de llamadas al sistema y un usuario sin privilegios; la memoria se vigila en lugar de limitarla el núcleo. Sin red y sin más archivos que los suyos.',
  'isolation.process.meaning':
    'Un proceso aparte con límites, pero sin los muros del sistema operativo. Las respuestas nunca entran en él.',

  // My submissions
  'mine.title': 'Mis envíos',
  'mine.caption': 'Tus envíos, del más reciente al más antiguo',
  'mine.sent': 'Enviado',
  'mine.competition': 'Competición',
  'mine.files': 'Archivos',
  'mine.state': 'Estado',
  'mine.score': 'Puntuación',
  'mine.note': 'Nota',
  'mine.empty_title': 'Todavía no has enviado nada',
  'mine.empty': 'Elige una competición, exporta un modelo y su resultado quedará aquí.',
  'mine.pick': 'Ver las competiciones',

  // Accounts
  'signup.title': 'Crear cuenta',
  'signup.lead':
    'Un nombre para la clasificación y una forma de volver. No se envía ningún correo.',
  'signup.name': 'Nombre',
  'signup.name_hint': 'Se ve en las clasificaciones.',
  'signup.email': 'Correo electrónico',
  'signup.password': 'Contraseña',
  'signup.password_hint':
    'Al menos {min} caracteres. Unas cuantas palabras sin relación se recuerdan bien.',
  'signup.button': 'Crear la cuenta',
  'signup.have': '¿Ya tienes cuenta? [[Entra]]',
  'login.title': 'Entrar',
  'login.email': 'Correo electrónico',
  'login.password': 'Contraseña',
  'login.button': 'Entrar',
  'login.none': '¿Es tu primera vez? [[Crea una cuenta]]',
  'login.required': 'Entra para continuar. Volverás adonde estabas.',
  'setup.title': 'Preparar este sitio',
  'setup.lead':
    'Tienes el enlace de un solo uso de un sitio nuevo. La cuenta que crees aquí será la de administración.',
  'account.title': 'Cuenta',
  'account.name': 'Nombre',
  'account.email': 'Correo electrónico',
  'account.language': 'Idioma',
  'account.language_hint': 'El de las páginas, entres donde entres.',
  'account.save': 'Guardar',
  'account.saved': 'Guardado.',
  'account.tokens': 'Tokens de la API',
  'account.tokens_lead':
    'Un token envía en tu nombre desde un script o un cuaderno. Trátalo como una contraseña.',
  'account.tokens_caption': 'Tus tokens de la API',
  'account.token_name': 'Nombre',
  'account.token_name_hint': '¿Dónde vivirá? Por ejemplo: servidor del laboratorio.',
  'account.token_hint': 'Acaba en',
  'account.token_created': 'Creado',
  'account.token_used': 'Último uso',
  'account.token_never': 'nunca',
  'account.token_create': 'Crear un token',
  'account.token_revoke': 'Revocar',
  'account.token_revoke_named': 'Revocar {name}',
  'account.token_none': 'No tienes ningún token.',
  'account.token_new': 'Tu token nuevo',
  'account.token_once': 'Solo se muestra esta vez. Cópialo ahora.',
  'account.token_back': 'Volver a la cuenta',
  'account.token_try': 'Pruébalo',

  // Form fields
  'field.required': 'Hace falta.',
  'field.email': 'Esto no parece una dirección de correo.',
  'field.email_taken': 'Ya hay una cuenta con esta dirección. Entra con ella.',
  'field.name_length': 'Entre {min} y {max} caracteres.',
  'field.password_short': 'Al menos {min} caracteres.',
  'field.password_long': 'Como mucho {max} caracteres.',
  'field.number': 'Un número entre -1000000 y 1000000, como 0.5.',
  'field.numbers': 'Números separados por comas, como 0.5 o 0.49,0.48,0.45.',
  'field.std_zero': 'No puede ser 0.',
  'field.layout': 'Una de las disposiciones de la lista.',
  'field.too_long': 'Como mucho {max} caracteres.',
  'field.invalid': 'Este valor no se puede usar.',

  // About
  'about.title': 'Por qué puedes fiarte de las puntuaciones',
  'about.lead':
    'Una clasificación vale lo que vale aquello que la sostiene. Esto es lo que sostiene las de este sitio.',
  'about.hidden_title': 'Las respuestas están fuera de alcance',
  'about.hidden':
    'Tu modelo se ejecuta en un proceso propio que recibe imágenes y devuelve respuestas. Las clases verdaderas están en otro proceso. Nunca comparten memoria, sistema de archivos ni mensaje, así que ningún truco dentro de un archivo puede leerlas.',
  'about.shuffled_title': 'El orden no dice nada',
  'about.shuffled':
    'Las filas se barajan de nuevo en cada ejecución, el conjunto público y el privado pasan juntos y los nombres de las filas se quedan fuera.',
  'about.box_title': 'Una caja cerrada',
  'about.box':
    'Donde el servidor lo permite, una ejecución no tiene red ni más archivos que los suyos, pasa por un filtro de llamadas al sistema y tiene límites de tiempo y memoria. Cada resultado indica el nivel de aislamiento que tuvo de verdad.',
  'about.interval_title': 'La incertidumbre se dibuja',
  'about.interval':
    'Mil imágenes de prueba dejan sitio a la suerte. Cada puntuación lleva al lado su intervalo del 95\u00a0%; donde los intervalos se solapan mucho, el orden entre dos modelos no está decidido.',
  'about.private_title': 'La última palabra es privada',
  'about.private':
    'Mientras una fase está abierta ves las puntuaciones del conjunto público. El privado se puntúa a la vez y solo se muestra al cerrar la fase, para que ajustarse a los números públicos no decida el final.',
  'about.failure_title': 'Los fallos se explican, y los nuestros son nuestros',
  'about.failure':
    'Un envío fallido dice qué se esperaba, qué llegó y qué hacer. Cuando falla la propia plataforma, lo intenta de nuevo por sí sola y nunca descuenta un envío de tu cuota.',
  'about.levels_title': 'Niveles de aislamiento',
  'about.levels_caption': 'Qué significan los niveles de aislamiento',
  'about.level': 'Nivel',
  'about.level_meaning': 'Qué significa',

  // Errors as pages
  'error.what': 'Qué ha pasado',
  'error.lost': '¿Se ha perdido algo?',
  'error.lost_nothing': 'No. Nada de lo que enviaste o guardaste antes ha cambiado.',
  'error.do': 'Qué puedes hacer',
  'error.id': 'Número de error',
  'error.home': 'A las competiciones',
  'error.BAD_REQUEST.text': 'No se ha podido leer la petición.',
  'error.BAD_REQUEST.next': 'Vuelve atrás, recarga la página e inténtalo otra vez.',
  'error.INVALID_FORM.text': 'Hay algo en el formulario que no se puede usar.',
  'error.INVALID_FORM.next': 'Vuelve atrás, mira los campos marcados y envíalo de nuevo.',
  'error.NOT_FOUND.text': 'En esta dirección no hay nada.',
  'error.NOT_FOUND.next': 'Revisa la dirección o empieza por la lista de competiciones.',
  'error.METHOD_NOT_ALLOWED.text': 'Esta dirección no admite ese tipo de petición.',
  'error.METHOD_NOT_ALLOWED.next': 'La referencia de la API indica las direcciones y sus métodos.',
  'error.FORBIDDEN.text': 'Esta página no está abierta para tu cuenta.',
  'error.FORBIDDEN.next': 'Si deberías verla, habla con quien organiza la competición.',
  'error.CSRF_FAILED.text':
    'El formulario era demasiado antiguo, o venía de otro sitio, y no se ha aceptado.',
  'error.CSRF_FAILED.next': 'Vuelve atrás, recarga la página y envíalo de nuevo.',
  'error.LOGIN_REQUIRED.text': 'Para ver esta página tienes que entrar.',
  'error.LOGIN_REQUIRED.next': 'Entra; volverás adonde estabas.',
  'error.TOKEN_INVALID.text':
    'El token de la API falta, es incorrecto, ha caducado o está revocado.',
  'error.TOKEN_INVALID.next':
    'Crea un token en la página de tu cuenta y envíalo como «Authorization: Bearer TOKEN».',
  'error.TOO_MANY_REQUESTS.text':
    'Han llegado demasiadas peticiones desde tu dirección en poco tiempo.',
  'error.TOO_MANY_REQUESTS.next': 'Espera {retry_after_s} segundos e inténtalo de nuevo.',
  'error.LOGIN_FAILED.text': 'El correo y la contraseña no se corresponden.',
  'error.LOGIN_FAILED.next': 'Revisa ambos e inténtalo de nuevo.',
  'error.EMAIL_TAKEN.text': 'Ya hay una cuenta con esta dirección de correo.',
  'error.EMAIL_TAKEN.next': 'Entra con ella.',
  'error.SETUP_LINK_INVALID.text': 'Este enlace de preparación ya se ha usado o ha caducado.',
  'error.SETUP_LINK_INVALID.next':
    'Reinicia el servidor: mientras no haya administración, imprime un enlace nuevo.',
  'error.TOKEN_LIMIT_REACHED.text':
    'Tienes {limit} tokens de la API, que es el máximo de una cuenta.',
  'error.TOKEN_LIMIT_REACHED.next': 'Revoca uno que ya no uses.',
  'error.COMPETITION_NOT_FOUND.text': 'En esta dirección no hay ninguna competición.',
  'error.COMPETITION_NOT_FOUND.next': 'Elige una de la lista de competiciones.',
  'error.PHASE_NOT_FOUND.text': 'Esta competición no tiene esa fase.',
  'error.PHASE_NOT_FOUND.next': 'Abre la competición y elige allí una fase.',
  'error.SPLIT_NOT_FOUND.text': 'Esta fase no tiene ese conjunto.',
  'error.SPLIT_NOT_FOUND.next': 'Abre la clasificación y elige allí un conjunto.',
  'error.SPLIT_NOT_REVEALED.text': 'Las puntuaciones de este conjunto todavía no se muestran.',
  'error.SPLIT_NOT_REVEALED.next':
    'Aparecerán al cerrar la fase; mientras tanto, mira el conjunto público.',
  'error.ENTRY_NOT_FOUND.text': 'No hay tal participante en esta clasificación.',
  'error.ENTRY_NOT_FOUND.next': 'Elige uno de las filas de la clasificación.',
  'error.COMPARISON_CLOSED.text': 'En este conjunto todavía no se pueden comparar participantes.',
  'error.COMPARISON_CLOSED.next':
    'Se podrá cuando se muestren las puntuaciones finales: antes, comparar tus propios envíos delataría las respuestas.',
  'error.COMPARISON_NOT_POSSIBLE.text':
    'De uno de los dos no se guardaron resultados por elemento en esta métrica.',
  'error.COMPARISON_NOT_POSSIBLE.next': 'Elige otra métrica u otro participante.',
  'error.TASK_NOT_FOUND.text': 'No existe esa tarea.',
  'error.TASK_NOT_FOUND.next': 'Elige una competición de la lista.',
  'error.SUBMISSION_NOT_FOUND.text': 'No existe ese envío entre los que puedes ver.',
  'error.SUBMISSION_NOT_FOUND.next': 'Si es tuyo, entra con la cuenta que lo envió.',
  'error.PHASE_NOT_STARTED.text': 'La fase no ha empezado: acepta envíos desde {starts_at}.',
  'error.PHASE_NOT_STARTED.next':
    'Vuelve entonces. Ya puedes prepararte con los datos de entrenamiento.',
  'error.PHASE_CLOSED.text': 'La fase se cerró en {ends_at}.',
  'error.PHASE_CLOSED.next': 'La clasificación se puede seguir leyendo.',
  'error.SUBMISSION_LIMIT_REACHED.text': 'Has usado los {limit} envíos de hoy.',
  'error.SUBMISSION_LIMIT_REACHED.next': 'La cuota se renueva en {resets_at}.',
  'error.FREE_FAILURE_LIMIT_REACHED.text':
    'Los fallos gratuitos están limitados a {limit} al día, y ya has llegado.',
  'error.FREE_FAILURE_LIMIT_REACHED.next':
    'Prueba el archivo con «certamen evaluate» en tu equipo; el límite se levanta en {resets_at}.',
  'error.NO_FILES.text': 'El envío ha llegado sin ningún archivo.',
  'error.NO_FILES.next': 'Elige los archivos de tu modelo y envíalo de nuevo.',
  'error.TOO_MANY_FILES.text': 'Un envío tiene como mucho {limit} archivos.',
  'error.TOO_MANY_FILES.next': 'Mete los archivos en un zip y envía ese zip.',
  'error.BAD_FILE_NAME.text': 'El nombre de archivo «{file}» no se puede usar.',
  'error.BAD_FILE_NAME.next':
    'Usa letras, cifras, puntos, guiones y guiones bajos, y ninguna carpeta.',
  'error.DUPLICATE_FILE_NAME.text': 'Hay dos archivos llamados «{file}».',
  'error.DUPLICATE_FILE_NAME.next': 'Da a cada archivo su propio nombre.',
  'error.UPLOAD_TOO_LARGE.text': 'Los archivos ocupan juntos más de {limit_mb} MiB.',
  'error.UPLOAD_TOO_LARGE.next':
    'Envía un modelo más pequeño; los pesos en float16 ocupan la mitad.',
  'error.UPLOAD_INCOMPLETE.text': 'La subida se cortó antes de terminar.',
  'error.UPLOAD_INCOMPLETE.next': 'Revisa la conexión y envíalo de nuevo.',
  'error.EVALUATION_NOT_CANCELLABLE.text': 'Esta evaluación ya ha terminado.',
  'error.EVALUATION_NOT_CANCELLABLE.next': 'Su resultado está en la página del envío.',
  'error.CHOICE_NOT_OFFERED.text': 'Este envío no se puede elegir para la clasificación.',
  'error.CHOICE_NOT_OFFERED.next':
    'Se elige donde las reglas lo ofrecen, entre los envíos ya puntuados de la fase.',
  'error.RECEIPT_NOT_FOUND.text': 'No hay recibo de este envío.',
  'error.RECEIPT_NOT_FOUND.next':
    'Se hace cuando termina la evaluación; una evaluación cancelada no tiene.',
  'error.INTERNAL.text': 'El sitio ha cometido un error.',
  'error.INTERNAL.next':
    'Inténtalo dentro de un momento. Si sigue igual, da el número de error a quien lleva el sitio.',

  // Why an evaluation failed: what happened, and one next step
  'failure.sides': 'Se esperaba {expected}; ha llegado {received}.',
  'failure.empty-file.text': 'El archivo {file} está vacío.',
  'failure.empty-file.next':
    'Exporta el modelo otra vez y comprueba que el archivo ocupa algo antes de enviarlo.',
  'failure.unknown-format.text':
    'El archivo {file} no está en ninguno de los formatos que se aceptan aquí.',
  'failure.unknown-format.next':
    'Envía un modelo en ONNX o TensorFlow.js, o un CSV de predicciones.',
  'failure.mixed-artifact.text': 'El envío contiene más de un modelo: {files}.',
  'failure.mixed-artifact.next': 'Envía solo los archivos de un modelo.',
  'failure.framework-weights.text':
    'El archivo {file} guarda pesos en el formato propio de un framework ({extension}), que no se puede ejecutar sin el código que lo creó.',
  'failure.framework-weights.next':
    'Exporta el modelo a ONNX con las líneas de abajo y envía el resultado.',
  'failure.artifact-too-large.text':
    'El envío ocupa más de los {limit_mb} MiB que permite esta tarea.',
  'failure.artifact-too-large.next':
    'Envía un modelo más pequeño; los pesos en float16 ocupan la mitad.',
  'failure.too-many-files.text': 'El envío tiene más de {limit} archivos.',
  'failure.too-many-files.next': 'Quita lo que el modelo no necesite, o junta sus pesos.',
  'failure.lane-not-accepted.text': 'Esta tarea no acepta {lane}; acepta {accepted}.',
  'failure.lane-not-accepted.next': 'Exporta el modelo a uno de los formatos que acepta.',
  'failure.lane-unavailable.text': 'Este servidor no está preparado para envíos de {lane}.',
  'failure.lane-unavailable.next':
    'Envía el modelo en ONNX o TensorFlow.js, o avisa a la organización.',
  'failure.code-needs-isolation.text':
    'Este servidor no puede aislar el código lo bastante como para ejecutar envíos de {lane}.',
  'failure.code-needs-isolation.next':
    'Envía el modelo en ONNX o TensorFlow.js, o sus predicciones en CSV.',
  'failure.zip-corrupt.text': 'El archivo comprimido {file} está dañado o incompleto.',
  'failure.zip-corrupt.next': 'Crea el zip de nuevo, ábrelo una vez en tu equipo y envíalo.',
  'failure.zip-entry-name.text': 'El zip tiene una entrada cuyo nombre no se puede usar: «{name}».',
  'failure.zip-entry-name.next':
    'Pon los archivos del modelo en la raíz del zip, con nombres sencillos.',
  'failure.zip-entry-kind.text': 'La entrada «{name}» del zip no es un archivo normal.',
  'failure.zip-entry-kind.next': 'Crea el zip de nuevo con archivos de verdad en lugar de enlaces.',
  'failure.zip-duplicate-name.text': 'El zip tiene dos entradas llamadas «{name}».',
  'failure.zip-duplicate-name.next':
    'Crea el zip desde una carpeta donde cada archivo tenga su propio nombre.',
  'failure.zip-encrypted.text': 'El archivo comprimido {file} está protegido con contraseña.',
  'failure.zip-encrypted.next': 'Crea el zip de nuevo sin contraseña.',
  'failure.zip-too-many-entries.text': 'El zip tiene más de {limit} entradas.',
  'failure.zip-too-many-entries.next': 'Pon en el zip solo los archivos del modelo.',
  'failure.zip-too-large.text': 'Descomprimido, el zip ocupa más de {limit_mb} MiB.',
  'failure.zip-too-large.next':
    'Pon en el zip solo los archivos del modelo, o envía un modelo más pequeño.',
  'failure.not-onnx.text': 'El archivo {file} se llama .onnx, pero no es un modelo ONNX.',
  'failure.not-onnx.next':
    'Exporta el modelo con torch.onnx.export u otro exportador a ONNX en lugar de renombrar el archivo.',
  'failure.onnx-truncated.text': 'El archivo ONNX {file} se corta a la mitad.',
  'failure.onnx-truncated.next':
    'Expórtalo o cópialo otra vez y compara los tamaños antes de enviarlo.',
  'limit.bytes': 'bytes',
  'limit.nodes': 'nodos',
  'limit.depth': 'niveles de anidamiento',
  'limit.elements': 'elementos por dimensión',
  'limit.rank': 'dimensiones por tensor',
  'limit.layers': 'capas',
  'limit.parameters': 'parámetros',
  'limit.cells': 'celdas',
  'limit.columns': 'columnas',
  'limit.line': 'caracteres por fila',
  'limit.cell': 'caracteres por celda',
  'failure.onnx-too-complex.text': 'El grafo ONNX supera un límite: como mucho {limit} {what}.',
  'failure.onnx-too-complex.next': 'Exporta un grafo más pequeño o más sencillo.',
  'failure.onnx-operator.text':
    'El operador ONNX {operator} no está en la lista de los que se ejecutan aquí.',
  'failure.onnx-operator.next':
    'Exporta para inferencia, sin operadores propios ni aleatorios y con un opset estándar.',
  'failure.onnx-tensor-bytes.text':
    'El tensor {tensor} necesita {expected} bytes y tiene {received}.',
  'failure.onnx-tensor-bytes.next':
    'Exporta el modelo otra vez; el archivo se modificó o se cortó.',
  'failure.onnx-data-missing.text':
    'El modelo guarda sus pesos en {file}, que no está en el envío.',
  'failure.onnx-data-missing.next':
    'Envía los dos archivos juntos; el exportador los escribió uno al lado del otro.',
  'failure.onnx-data-location.text': 'El modelo apunta a pesos fuera del envío: «{location}».',
  'failure.onnx-data-location.next':
    'Exporta otra vez para que los pesos estén en el modelo o en un archivo a su lado.',
  'failure.onnx-data-bounds.text': 'El tensor {tensor} pasa del final de {file}.',
  'failure.onnx-data-bounds.next':
    'Exporta otra vez y envía los dos archivos de la misma exportación.',
  'failure.tfjs-not-json.text': 'El archivo {file} no es JSON válido.',
  'failure.tfjs-not-json.next':
    'Guarda el modelo otra vez con model.save o con el conversor de TensorFlow.js.',
  'failure.tfjs-not-model.text':
    'El archivo {file} es JSON, pero no describe un modelo de TensorFlow.js.',
  'failure.tfjs-not-model.next':
    'Envía el model.json que escribió model.save o el conversor de TensorFlow.js.',
  'failure.tfjs-weights-path.text': 'model.json apunta a pesos fuera del envío: «{path}».',
  'failure.tfjs-weights-path.next':
    'Guarda el modelo otra vez para que los pesos queden junto a model.json.',
  'failure.tfjs-weights-missing.text':
    'model.json nombra el archivo de pesos {file}, que no está en el envío.',
  'failure.tfjs-weights-missing.next':
    'Envía model.json con todos sus archivos .bin, o un zip de la carpeta.',
  'failure.tfjs-weights-bytes.text':
    'Los pesos deberían tener {expected} bytes y tienen {received}.',
  'failure.tfjs-weights-bytes.next': 'Envía el model.json y los .bin de la misma exportación.',
  'failure.tfjs-layer.text':
    'La clase de capa {layer} no está en la lista de las que se ejecutan aquí.',
  'failure.tfjs-layer.next': 'Usa capas estándar o convierte el modelo en un modelo de grafo.',
  'failure.tfjs-operator.text':
    'El operador {operator} de TensorFlow.js no está en la lista de los que se ejecutan aquí.',
  'failure.tfjs-operator.next':
    'Convierte el modelo para inferencia, sin operadores propios ni aleatorios.',
  'failure.tfjs-too-complex.text':
    'El modelo de TensorFlow.js supera un límite: como mucho {limit} {what}.',
  'failure.tfjs-too-complex.next': 'Convierte un modelo más pequeño o más sencillo.',
  'failure.csv-empty.text': 'El archivo de predicciones {file} no tiene filas.',
  'failure.csv-empty.next': 'Escribe una cabecera y una fila por cada id del conjunto.',
  'failure.csv-encoding.text': 'El archivo de predicciones {file} no es texto UTF-8.',
  'failure.csv-encoding.next': 'Guárdalo como CSV en UTF-8.',
  'failure.csv-syntax.text': 'El archivo de predicciones no se puede leer en la fila {row}.',
  'failure.csv-syntax.next': 'Busca en esa fila unas comillas sin cerrar o un carácter de más.',
  'failure.csv-separator.text': 'Las columnas están separadas por «{found}» en lugar de comas.',
  'failure.csv-separator.next':
    'Guarda el archivo con comas entre columnas y puntos en los números.',
  'failure.csv-header.text': 'La cabecera del archivo de predicciones no es la que se esperaba.',
  'failure.csv-header.next':
    'Escribe en la primera línea id,label o bien id y una columna por clase.',
  'failure.csv-row-columns.text': 'La fila {row} tiene {received} columnas en lugar de {expected}.',
  'failure.csv-row-columns.next': 'Da a cada fila tantas columnas como a la cabecera.',
  'failure.csv-value.text':
    'Fila {row}, columna {column}: «{value}» no es un número decimal finito.',
  'failure.csv-value.next': 'Escribe números como 0.25 o 1e-3, sin NaN, Infinity ni huecos.',
  'failure.csv-too-large.text':
    'El archivo de predicciones supera un límite: como mucho {limit} {what}.',
  'failure.csv-too-large.next': 'Escribe una fila por id y nada más.',
  'failure.csv-columns.text':
    'Las columnas del archivo de predicciones no encajan con las clases de la tarea.',
  'failure.csv-columns.next':
    'Escribe una columna label o una columna de puntuación por clase, en el orden de la tarea.',
  'failure.csv-label.text': 'Fila {row}: «{value}» no es una clase de esta tarea.',
  'failure.csv-label.next': 'Usa los nombres de clase de la tarea, escritos igual.',
  'failure.csv-id-missing.text': 'Ids sin predicción: {count}, entre ellos {id}.',
  'failure.csv-id-missing.next':
    'Escribe una fila por cada id del conjunto; la descarga de sus entradas los lista.',
  'failure.csv-id-duplicate.text': 'La fila {row} repite el id {id}.',
  'failure.csv-id-duplicate.next': 'Escribe cada id una sola vez.',
  'failure.csv-id-unknown.text': 'La fila {row} tiene el id {id}, que no está en este conjunto.',
  'failure.csv-id-unknown.next': 'Usa los ids que vienen con las entradas del conjunto.',
  'failure.csv-id-format.text': 'La fila {row} escribe el id {expected} como {id}.',
  'failure.csv-id-format.next':
    'Conserva los ids como texto: puede que una hoja de cálculo los haya cambiado.',
  'failure.input-count.text':
    'El modelo pide un número de entradas distinto del que da esta tarea.',
  'failure.input-count.next': 'Exporta un modelo cuya única entrada sea el lote de imágenes.',
  'failure.input-shape.text': 'La entrada del modelo no encaja con las imágenes de esta tarea.',
  'failure.input-shape.next': 'Exporta con una de las formas esperadas; N puede ser fijo o libre.',
  'failure.input-dtype.text': 'La entrada del modelo tiene un tipo de dato que no se le puede dar.',
  'failure.input-dtype.next': 'Exporta con una entrada float32, float16 o uint8.',
  'failure.feed-channels.text':
    'El número de valores de esta opción de preprocesamiento no encaja con los canales.',
  'failure.feed-channels.next': 'Da un valor, o uno por canal de las imágenes de la tarea.',
  'failure.output-shape.text': 'La salida del modelo no encaja con las clases de esta tarea.',
  'failure.output-shape.next': 'Termina el modelo con una puntuación por clase.',
  'failure.output-dtype.text':
    'La salida del modelo tiene un tipo de dato que no contiene puntuaciones.',
  'failure.output-dtype.next':
    'Termina el modelo con puntuaciones float32, antes de cualquier argmax.',
  'failure.output-not-finite.text': 'El modelo ha devuelto NaN o Infinity.',
  'failure.output-not-finite.next':
    'Busca NaN en los pesos y revisa la escala de las entradas; ejecútalo una vez con imágenes de entrenamiento.',
  'failure.output-protocol.text':
    'La ejecución ha devuelto algo que no responde a lo que se pidió.',
  'failure.output-protocol.next': 'Exporta el modelo de la forma habitual y envíalo otra vez.',
  'failure.engine-load.text': 'El motor no ha podido cargar el modelo: {detail}',
  'failure.engine-load.next':
    'Carga el archivo en tu equipo con ONNX Runtime o TensorFlow.js para ver el mismo error.',
  'failure.engine-run.text': 'El motor se ha detenido al ejecutar el modelo. {detail}',
  'failure.engine-run.closed': 'El motor se detuvo mientras ejecutaba el modelo.',
  'failure.engine-run.next':
    'Ejecuta en tu equipo el archivo exportado con un lote de imágenes de entrenamiento.',
  'failure.code-load.text': 'No se ha podido cargar tu código: {detail}',
  'failure.code-load.next':
    'Ejecútalo en tu equipo con certamen evaluate: allí termina con el mismo mensaje.',
  'failure.code-function.text': 'Tu código no tiene ninguna función llamada {name}.',
  'failure.code-function.next':
    'Declara la función {name} en el nivel superior del archivo, o expórtala si es un módulo.',
  'failure.code-run.text': 'Tu código se ha detenido con un error. {detail}',
  'failure.code-run.closed': 'Tu código se detuvo con un error.',
  'failure.code-run.next':
    'Ejecútalo en tu equipo con certamen evaluate sobre una partición que puedas descargar.',
  'failure.code-stalled.text': 'Tu código espera una promesa que nada va a resolver nunca.',
  'failure.code-stalled.next':
    'Busca un await, o una promesa devuelta, que no llegue a resolverse nunca.',
  'failure.code-too-many-calls.text':
    'Tu código ha llamado a modelos, archivos y registro más de {limit} veces en una ejecución.',
  'failure.code-too-many-calls.closed': 'Tu código llamó al motor más veces de las permitidas.',
  'failure.code-too-many-calls.next':
    'Ejecuta tus modelos con lotes enteros en lugar de filas sueltas y lee los archivos una sola vez, en setup.',
  'failure.code-too-many-bytes.text':
    'Tu código ha intercambiado más de {limit_mb} MB con sus modelos y archivos en una ejecución.',
  'failure.code-too-many-bytes.closed': 'Tu código envió al motor más de lo permitido.',
  'failure.code-too-many-bytes.next':
    'Ejecuta tus modelos una sola vez con cada lote y lee los archivos una sola vez, en setup.',
  'failure.code-output.text':
    'predict tiene que devolver un solo vector tipado plano, o un vector de números; ha devuelto: {received}.',
  'failure.code-output.closed':
    'predict tiene que devolver un solo array tipado plano, o un array de números.',
  'failure.code-output.next':
    'Devuelve las puntuaciones de todas las filas seguidas: filas por clases números.',
  'failure.time-limit.text': 'La ejecución no ha terminado en {limit_s} s.',
  'failure.time-limit.next':
    'Envía un modelo más rápido, o expórtalo con tamaño de lote libre para procesar filas juntas.',
  'failure.memory-limit.text': 'La ejecución ha necesitado más de {limit_mb} MiB de memoria.',
  'failure.memory-limit.next': 'Envía un modelo más pequeño, o con un lote fijo menor.',
  'failure.output-limit.text': 'La ejecución ha devuelto más de {limit_mb} MiB.',
  'failure.output-limit.next': 'Devuelve solo las puntuaciones de las clases.',
  'failure.cpu-limit.text': 'La ejecución usó más de {limit_s} s de tiempo de procesador.',
  'failure.cpu-limit.next': 'Envía un modelo más pequeño, o uno que calcule en lotes más grandes.',
  'failure.log-limit.text': 'La ejecución escribió más de {limit_kb} KiB en su registro.',
  'failure.log-limit.next': 'Imprime menos: nunca se leen más que unas pocas líneas.',
  'failure.process-limit.text': 'La ejecución quiso más de {limit} procesos e hilos a la vez.',
  'failure.process-limit.next': 'Lanza menos procesos; basta con uno y unos pocos hilos.',
  'failure.crashed.text':
    'El proceso que ejecutaba el modelo terminó antes de acabar su trabajo: {signal}.',
  'failure.crashed.closed':
    'El proceso que ejecutaba el modelo terminó antes de acabar su trabajo.',
  'failure.crashed.next':
    'Ejecuta en tu equipo el archivo exportado; si allí funciona, avisa a la organización.',
  'failure.task-invalid.text':
    'La tarea no es válida: en {file}, {key} debería ser {expected} y es {received}.',
  'failure.task-invalid.closed': 'La tarea no es válida.',
  'failure.task-invalid.next':
    'La organización tiene que corregir la tarea; tu envío no ha costado nada.',
  'failure.task-not-prepared.text': 'Los datos de la tarea {task} no están preparados.',
  'failure.task-not-prepared.next':
    'La organización tiene que prepararlos; tu envío no ha costado nada.',
  'failure.split-unknown.text': 'La tarea no tiene el conjunto {split}; tiene {known}.',
  'failure.split-unknown.next':
    'La organización tiene que corregir la fase; tu envío no ha costado nada.',
  'failure.split-data.text': 'El archivo de datos {file} de la tarea no se puede usar: {detail}',
  'failure.split-data.closed': 'Un archivo de datos de la tarea no se puede usar.',
  'failure.split-data.next':
    'La organización tiene que reparar los datos; tu envío no ha costado nada.',
  'failure.scorer-error.text': 'La puntuación se ha detenido con un error ({metric}).',
  'failure.scorer-error.next':
    'La organización tiene que revisar la tarea; tu envío no ha costado nada.',
  'failure.isolation-too-weak.text':
    'Esta fase pide el aislamiento «{required}» y el servidor tiene «{available}».',
  'failure.isolation-too-weak.next':
    'Quien lleva el sitio tiene que arreglarlo; tu envío no ha costado nada.',
  'failure.sandbox-start.text': 'No se ha podido iniciar la caja cerrada de la ejecución: {detail}',
  'failure.sandbox-start.closed': 'No se pudo poner en marcha la caja cerrada de la ejecución.',
  'failure.sandbox-start.next':
    'Quien lleva el sitio tiene que arreglarlo; tu envío no ha costado nada.',
  'failure.worker-lost.text': 'El proceso de evaluación se perdió {attempts} veces con este envío.',
  'failure.worker-lost.next': 'Envíalo más tarde; este no ha costado nada.',
  'failure.worker-stalled.text':
    'La evaluación no había terminado tras {limit_s} s: el servidor se colgó.',
  'failure.worker-stalled.next': 'Envíalo más tarde; este no ha costado nada.',
  'failure.storage-corrupt.text': 'La copia de tus archivos en el servidor está dañada.',
  'failure.storage-corrupt.next': 'Envíalo otra vez; este no ha costado nada.',
  'failure.storage-full.text': 'El disco del servidor está lleno.',
  'failure.storage-full.next': 'Envíalo más tarde; este no ha costado nada.',
  'failure.storage-busy.text': 'La base de datos del servidor no respondió a tiempo.',
  'failure.storage-busy.next': 'Envíalo más tarde; este no ha costado nada.',
  'failure.storage-broken.text': 'El disco del servidor dio errores.',
  'failure.storage-broken.next': 'Envíalo más tarde; este no ha costado nada.',
  'failure.storage-error.text': 'No se han podido leer los archivos guardados: {detail}',
  'failure.storage-error.closed': 'No se pudieron leer los archivos guardados.',
  'failure.storage-error.next': 'Envíalo otra vez; este no ha costado nada.',
  'failure.internal.text': 'La plataforma ha cometido un error (número {error_id}).',
  'failure.internal.next': 'Envíalo más tarde; este no ha costado nada.',
};
